/** For tests: bytes that are never zero and differ from their neighbours. */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i % 251) + 1;
  return bytes;
}

/** For tests: the first place where two runs of bytes differ, or nothing. Far faster than a deep comparison. */
export function difference(actual: Uint8Array, wanted: Uint8Array): string | undefined {
  if (actual.length !== wanted.length) return `${actual.length} bytes, not ${wanted.length}`;
  for (let i = 0; i < actual.length; i++) {
    if (actual[i] !== wanted[i]) return `byte ${i} is ${actual[i]}, not ${wanted[i]}`;
  }
  return undefined;
}

/** Where `wanted` begins in `bytes`. @throws Error when it does not occur */
export function indexOfBytes(bytes: Uint8Array, wanted: Uint8Array): number {
  const index = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(wanted);
  if (index < 0) throw new Error('the bytes do not occur');
  return index;
}
