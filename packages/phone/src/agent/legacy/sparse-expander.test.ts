import { concat, SPARSE_MAGIC, SparseChunkHeader, SparseHeader, sum16 } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { be16, be32, startStage2, sumOf, toHex } from './testing/test-bench.fixture.js';

const BLOCK = 0x1000;
const AT = 0x1000000;
const raw = (fill: number, blocks: number) => new Uint8Array(blocks * BLOCK).map((_, i) => (fill + i) & 0xff);

const chunk = (type: number, blocks: number, payload: Uint8Array = new Uint8Array(0)) =>
  concat(SparseChunkHeader.build({ type, reserved: 0, blocks, totalSize: 12 + payload.length }), payload);

function sparse(blocks: number, chunks: Uint8Array[]): Uint8Array {
  const head = SparseHeader.build({
    magic: SPARSE_MAGIC,
    majorVersion: 1,
    minorVersion: 0,
    fileHeaderSize: 28,
    chunkHeaderSize: 12,
    blockSize: BLOCK,
    totalBlocks: blocks,
    totalChunks: chunks.length,
    imageChecksum: 0,
  });
  return concat(head, ...chunks);
}

const IMAGE = sparse(9, [
  chunk(0xcac1, 2, raw(1, 2)),
  chunk(0xcac2, 2, Uint8Array.of(0xde, 0xad, 0xbe, 0xef)),
  chunk(0xcac3, 1),
  chunk(0xcac2, 1, new Uint8Array(4)),
  chunk(0xcac1, 1, raw(7, 1)),
  chunk(0xcac4, 0, new Uint8Array(4)),
  chunk(0xcac3, 2),
]);
const EXPANDED = concat(
  raw(1, 2),
  new Uint8Array(2 * BLOCK).map((_, i) => [0xde, 0xad, 0xbe, 0xef][i & 3] as number),
  new Uint8Array(2 * BLOCK),
  raw(7, 1),
  new Uint8Array(2 * BLOCK),
);

const header = (length: number, packet: number, level = 1) => [
  `62 0${level} 08 ${AT.toString(16).padStart(16, '0')} ${length.toString(16).padStart(16, '0')}`,
  be32(packet),
];

describe('sparse images inside the write commands', () => {
  it.each([7, 40, 0x1000, 0x100000])('are expanded over an erased range, with packets of %i bytes', async (packet) => {
    const { host, storage } = await startStage2();
    await storage.write('user', AT, new Uint8Array(10 * BLOCK).fill(0x77));
    // The digits of the packet are few: with 7 bytes a packet even the headers come in pieces.
    await host.ask(...header(IMAGE.length, packet));
    for (let at = 0; at < IMAGE.length; at += packet) {
      const data = IMAGE.slice(at, at + packet);
      expect(await host.ask('5a', data, sumOf(data))).toBe('69');
    }
    expect(toHex(await storage.read('user', AT, EXPANDED.length))).toBe(toHex(EXPANDED));
    expect(await storage.read('user', AT + 9 * BLOCK, 2)).toEqual(Uint8Array.of(0x77, 0x77));
    expect(await host.ask('64')).toBe('5a');
  });

  it('survive a packet that has to come twice', async () => {
    const { host, storage } = await startStage2();
    const [first, second] = [IMAGE.slice(0, 0x1800), IMAGE.slice(0x1800)];
    await host.ask(...header(IMAGE.length, 0x1800));
    expect(await host.ask('5a', first, '00 01')).toBe('a5 00 00 0b f9');
    storage.brokenAt = AT + 0x800;
    expect(await host.ask('5a', first, sumOf(first))).toBe('a5 00 00 0c 52');
    storage.brokenAt = undefined;
    expect(await host.ask('5a', first, sumOf(first))).toBe('69');
    storage.brokenAt = AT + 6 * BLOCK + 5;
    expect(await host.ask('5a', second.slice(0, 0x1800), sumOf(second.slice(0, 0x1800)))).toBe('a5 00 00 0c 52');
    storage.brokenAt = undefined;
    for (let at = 0; at < second.length; at += 0x1800) {
      const data = second.slice(at, at + 0x1800);
      expect(await host.ask('5a', data, sumOf(data))).toBe('69');
    }
    expect(toHex(await storage.read('user', AT, EXPANDED.length))).toBe(toHex(EXPANDED));
  });

  it('keep the sums of the stream they are', async () => {
    const { host } = await startStage2();
    const length = IMAGE.length.toString(16).padStart(16, '0');
    const address = AT.toString(16).padStart(16, '0');
    await host.ask(`61 03 08 ${address} ${length} 05 03`, '5a', IMAGE, sumOf(IMAGE));
    expect(await host.ask(sumOf(IMAGE))).toBe('5a');
    await host.ask(`bd 02 00 ${address} ${length}`, be16(sum16(IMAGE)), '05 03', new Uint8Array(16));
    expect(await host.ask('5a')).toBe('5a');
  });

  it('are refused when they reach behind the region', async () => {
    const { host, storage } = await startStage2();
    const huge = sparse(0x7fffffff, [chunk(0xcac3, 0x7fffffff)]);
    await host.ask(...header(huge.length, 0x1000));
    expect(await host.ask('5a', huge, sumOf(huge))).toBe('a5 00 00 0b e0');
    expect(storage.writes).toBe(0);
    expect(await host.ask('96')).toBe('');
    expect(await host.ask('64')).toBe('5a');
  });

  it('are refused at a chunk of unknown type', async () => {
    const { host } = await startStage2();
    const odd = sparse(1, [chunk(0xcac5, 1)]);
    await host.ask(...header(odd.length, 0x1000));
    expect(await host.ask('5a', odd, sumOf(odd))).toBe('a5 00 00 0c 52');
  });

  it('are left alone when the magic comes later', async () => {
    const { host, storage } = await startStage2();
    const plain = concat(new Uint8Array(4), IMAGE);
    await host.ask(...header(plain.length, 0x100000));
    expect(await host.ask('5a', plain, sumOf(plain))).toBe('69');
    expect(toHex(await storage.read('user', AT, plain.length))).toBe(toHex(plain));
  });
});
