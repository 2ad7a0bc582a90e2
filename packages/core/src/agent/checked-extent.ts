import { type Stage, UnbrickError } from '../errors/unbrick-error.js';
import type { Extent, StorageInfo } from '../storage/storage.js';
import { hex } from '../wire/index.js';

/**
 * Makes sure that an extent lies in its region and starts at a block, before anything is sent for it.
 * @throws UnbrickError `EXTENT_INVALID`
 */
export function expectExtent(storage: StorageInfo, extent: Extent, stage: Stage, startMultiple = 1): void {
  const { region, start, length } = extent;
  const size = storage.regions.get(region);
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(length) && start >= 0 && length > 0;
  if (size === undefined || !whole || start + length > size) {
    throw new UnbrickError({
      code: 'EXTENT_INVALID',
      stage,
      message: `There is no such place on the phone: ${length} bytes at ${hex(start)} of ${region}.`,
      evidence: [size === undefined ? `the phone has no region ${region}` : `${region} has ${size} bytes`],
      next: ['Use firmware made for this phone and its storage size.'],
    });
  }
  if (start % startMultiple === 0) return;
  throw new UnbrickError({
    code: 'EXTENT_INVALID',
    stage,
    message: `${hex(start)} of ${region} is not the start of a block.`,
    evidence: [`the storage has blocks of ${startMultiple} bytes`],
    next: ['Use firmware made for this kind of storage.'],
  });
}

/** For messages: `4096 bytes at 0x8000 of user`. */
export function describeExtent({ region, start, length }: Extent): string {
  return `${length} bytes at ${hex(start)} of ${region}`;
}
