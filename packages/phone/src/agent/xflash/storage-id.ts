import { ascii } from '@unbrick/core/wire';

/** Bytes of an id or revision in a profile: pairs of hex digits, or else the characters themselves. */
export function hexToBytes(value: string): Uint8Array {
  const digits = value.replace(/\s/g, '');
  if (!/^([0-9a-f]{2})+$/i.test(digits)) return ascii(value);
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** The first `size` bytes, padded with zeros. */
export function fixedSize(bytes: Uint8Array, size: number): Uint8Array {
  const fixed = new Uint8Array(size);
  fixed.set(bytes.subarray(0, size));
  return fixed;
}
