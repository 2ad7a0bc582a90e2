import type { Extent, Region } from '../storage/storage.js';

/** Everything of a region that none of the extents covers, ascending. Bytes. */
export function freeSpace(region: Region, size: number, taken: readonly Extent[]): Extent[] {
  const sorted = taken.filter((extent) => extent.region === region && extent.length > 0);
  sorted.sort((a, b) => a.start - b.start);
  const free: Extent[] = [];
  let at = 0;
  for (const { start, length } of sorted) {
    if (start > at) free.push({ region, start: at, length: start - at });
    at = Math.max(at, start + length);
  }
  if (at < size) free.push({ region, start: at, length: size - at });
  return free;
}
