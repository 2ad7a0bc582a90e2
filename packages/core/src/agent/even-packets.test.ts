import { describe, expect, it } from 'vitest';
import type { StorageInfo } from '../storage/storage.js';
import { inEvenPackets, wantedBytes } from './even-packets.js';

const storage: StorageInfo = {
  kind: 'emmc',
  blockSize: 512,
  regions: new Map([['user', 0x10000]]),
  id: new Uint8Array(16),
};
const lengthOf = (start: number, length: number) => inEvenPackets(storage, { region: 'user', start, length }).length;

describe('inEvenPackets', () => {
  it.each([
    ['an odd number of packets', 0, 512, 1024],
    ['one more odd number', 512, 0x600, 0x800],
    ['an even number', 0, 1024, 1024],
    ['a short last packet', 0, 0x44, 0x44],
    ['the end of the region', 0x10000 - 512, 512, 512],
  ])('%s', (_, start, length, asked) => {
    expect(lengthOf(start, length)).toBe(asked);
  });
});

describe('wantedBytes', () => {
  it('cuts what was not asked for, counts what was, and takes the rest from the phone', async () => {
    let taken = 0;
    async function* pieces() {
      for (const length of [700, 324]) {
        taken += length;
        yield new Uint8Array(length).fill(taken & 0xff);
      }
    }
    const counted: number[] = [];
    let got = 0;
    for await (const piece of wantedBytes(pieces(), { length: 512 }, (bytes) => counted.push(bytes)))
      got += piece.length;
    expect({ got, taken, counted }).toEqual({ got: 512, taken: 1024, counted: [512] });
  });
});
