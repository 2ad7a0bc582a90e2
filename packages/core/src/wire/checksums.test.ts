import { describe, expect, it } from 'vitest';
import { sum16 } from './checksums.js';

describe('sum16', () => {
  const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 31) ^ (i >> 3));
  const slow = (data: Uint8Array, seed = 0) => data.reduce((sum, byte) => (sum + byte) & 0xffff, seed);

  it('adds every byte, wherever the bytes begin and end', () => {
    for (let start = 0; start < 9; start++) {
      for (const end of [start, start + 1, start + 3, start + 4, start + 9, 1025, 4999, 5000]) {
        const data = bytes.subarray(start, end);
        expect(sum16(data, 0xfff0), `${start}..${end}`).toBe(slow(data, 0xfff0));
      }
    }
  });

  it('does not overflow inside on a long run of the highest bytes', () => {
    const high = new Uint8Array(1 << 20).fill(0xff);
    expect(sum16(high)).toBe((0xff * high.length) & 0xffff);
  });

  it('has the sums of the protocol page', () => {
    expect(sum16(Uint8Array.from({ length: 1024 }, (_, k) => k))).toBe(0xfe00);
    expect(sum16(Uint8Array.from({ length: 188 }, (_, k) => 7 * k + 3))).toBe(0x5bda);
  });
});
