import type { StorageArea } from './phone-storage.js';

/** @throws RangeError when the range is not wholly inside the region */
export function checkRange(
  regions: ReadonlyMap<StorageArea, number>,
  region: StorageArea,
  offset: number,
  length: number,
): void {
  const size = regions.get(region);
  if (size === undefined) throw new RangeError(`this phone has no region ${region}`);
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
    throw new RangeError(`offset ${offset} and length ${length} are not byte counts`);
  }
  if (offset + length > size) {
    throw new RangeError(`${length} bytes at ${offset} do not fit ${region}, which has ${size} bytes`);
  }
}

/** True when all bytes are zero. Stops at the first that is not, so real data costs nothing. */
export function isZero(bytes: Uint8Array): boolean {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes.length & ~3 : 0;
  if (aligned > 0) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, aligned / 4);
    for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  }
  for (let i = aligned; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
