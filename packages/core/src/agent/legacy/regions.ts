import { UnbrickError } from '../../errors/unbrick-error.js';
import type { Extent, Region, StorageInfo, StorageKind } from '../../storage/storage.js';
import { hex, LegacyPart, LegacyStorage } from '../../wire/index.js';

const PARTS: Partial<Record<Region, number>> = {
  boot1: LegacyPart.BOOT1,
  boot2: LegacyPart.BOOT2,
  rpmb: LegacyPart.RPMB,
  gp1: LegacyPart.GP1,
  gp2: LegacyPart.GP2,
  gp3: LegacyPart.GP3,
  gp4: LegacyPart.GP4,
  user: LegacyPart.USER,
};

/** The number of an eMMC region in the agent's commands. */
export function partOf(region: Region): number {
  const part = PARTS[region];
  if (part === undefined) throw new RangeError(`an eMMC has no region ${region}`);
  return part;
}

/** The number of a kind of storage in READ and FORMAT. */
export function storageNumber(kind: StorageKind): number {
  if (kind === 'nand') return LegacyStorage.NAND;
  return kind === 'sdmmc' ? LegacyStorage.SDMMC : LegacyStorage.EMMC;
}

/** The number of the region in commands that name it; an SD card has only one, without a number. */
export function partNumber(storage: StorageInfo, region: Region): number {
  return storage.kind === 'sdmmc' ? LegacyPart.UNKNOWN : partOf(region);
}

/** The region with this number, or undefined. */
export function regionOfPart(part: number): Region | undefined {
  return (Object.keys(PARTS) as Region[]).find((region) => PARTS[region] === part);
}

/** For messages: `user at 0x8000, 4096 bytes`. */
export function describeExtent({ region, start, length }: Extent): string {
  return `${region} at ${hex(start)}, ${length} bytes`;
}

/**
 * Nothing may be sent for an extent that does not lie in its region.
 * @param startMultiple what `start` must be a multiple of
 * @throws UnbrickError `EXTENT_INVALID`
 */
export function checkExtent(storage: StorageInfo, extent: Extent, startMultiple: number): void {
  const size = storage.regions.get(extent.region);
  const { start, length } = extent;
  const problem =
    size === undefined
      ? `the phone has no region ${extent.region}`
      : !Number.isSafeInteger(start) || !Number.isSafeInteger(length) || start < 0 || length < 0
        ? 'start and length must be whole and not negative'
        : start % startMultiple !== 0
          ? `the start is not a multiple of ${startMultiple} bytes`
          : start + length > size
            ? `region ${extent.region} ends at ${hex(size)}`
            : undefined;
  if (!problem) return;
  throw new UnbrickError({
    code: 'EXTENT_INVALID',
    stage: 'agent',
    message: 'An area outside the storage of the phone was asked for; nothing was sent to the phone.',
    evidence: [`asked for: ${describeExtent(extent)}`, problem],
    next: ['Use a firmware whose partition layout fits the storage of this phone.'],
  });
}
