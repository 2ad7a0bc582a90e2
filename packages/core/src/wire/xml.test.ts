import { expect, test } from 'vitest';
import { xmlChunkSum } from './xml.js';

test('the chunk sum adds 32-bit words and then the bytes that are left over, unsigned', () => {
  const image = Uint8Array.from({ length: 0x80006 }, (_, i) => i * 7 + 3);
  expect(xmlChunkSum(image.subarray(0, 0x80000))).toBe(0x1020000);
  expect(xmlChunkSum(image.subarray(0x80000))).toBe(0x18110a48);
  expect(xmlChunkSum(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xfe))).toBe(0xffffffff + 0xff + 0xfe - 0x100000000);
  expect(xmlChunkSum(new Uint8Array(0))).toBe(0);
});
