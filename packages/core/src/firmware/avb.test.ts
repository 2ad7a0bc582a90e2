import { describe, expect, it } from 'vitest';
import { vouchedImages } from './avb.js';

/** Head and one hash descriptor for `boot`, byte by byte as avbtool lays them out. */
function vbmeta(change: (bytes: Uint8Array, view: DataView) => void = () => {}): Uint8Array {
  const bytes = new Uint8Array(256 + 192);
  const view = new DataView(bytes.buffer);
  const put = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);
  put(0, 'AVB0');
  view.setUint32(4, 1);
  view.setBigUint64(20, 192n);
  view.setBigUint64(104, 176n);
  const at = 256;
  view.setBigUint64(at, 2n);
  view.setBigUint64(at + 8, 160n);
  view.setBigUint64(at + 16, 0x2000n);
  put(at + 24, 'sha256');
  view.setUint32(at + 56, 4);
  view.setUint32(at + 60, 2);
  view.setUint32(at + 64, 32);
  put(at + 132, 'boot');
  bytes.set([0xaa, 0xbb], at + 136);
  bytes.fill(0x77, at + 138, at + 170);
  change(bytes, view);
  return bytes;
}

describe('what verified-boot metadata vouch for', () => {
  it('is read with size, salt and digest', () => {
    expect(vouchedImages(vbmeta())).toEqual([
      { partition: 'boot', imageSize: 0x2000, salt: Uint8Array.of(0xaa, 0xbb), digest: new Uint8Array(32).fill(0x77) },
    ]);
  });

  it.each<[string, (bytes: Uint8Array, view: DataView) => void]>([
    ['another magic', (bytes) => bytes.fill(0, 0, 4)],
    ['verification switched off', (_, view) => view.setUint32(120, 2)],
    ['another kind of descriptor', (_, view) => view.setBigUint64(256, 1n)],
    ['a descriptor that runs over the end', (_, view) => view.setBigUint64(264, 0x1000n)],
    ['a descriptor of an impossible length', (_, view) => view.setBigUint64(264, 0xffffffffffffffffn)],
    ['a name that runs over the descriptor', (_, view) => view.setUint32(256 + 56, 0xffff)],
    ['another digest', (bytes) => bytes.fill(0x31, 280, 282)],
  ])('is nothing with %s', (_what, change) => expect(vouchedImages(vbmeta(change))).toEqual([]));

  it('is nothing in a file that is too short', () => expect(vouchedImages(vbmeta().subarray(0, 255))).toEqual([]));
});
