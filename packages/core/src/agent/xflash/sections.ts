import { type Stage, UnbrickError } from '../../errors/unbrick-error.js';
import type { Extent, Region, StorageInfo, StorageKind } from '../../storage/storage.js';
import { hex, XflashEmmcSection, XflashFlashBlock, XflashStorage, XflashUfsSection } from '../../wire/index.js';

/** Where a flash operation works, in the protocol's numbers. `address` and `length` in bytes. */
export interface FlashTarget {
  storage: number;
  section: number;
  address: number;
  length: number;
}

interface StorageSections {
  storage: number;
  /** Only the sections that agents accept; RPMB and GP areas are refused by every known build. */
  sections: Partial<Record<Region, number>>;
}

const SECTIONS: Partial<Record<StorageKind, StorageSections>> = {
  emmc: {
    storage: XflashStorage.EMMC,
    sections: { boot1: XflashEmmcSection.BOOT1, boot2: XflashEmmcSection.BOOT2, user: XflashEmmcSection.USER },
  },
  ufs: {
    storage: XflashStorage.UFS,
    sections: { lu0: XflashUfsSection.LU0, lu1: XflashUfsSection.LU1, lu2: XflashUfsSection.LU2 },
  },
};

/**
 * The extent in the protocol's numbers, checked here because the agent's own check is not enough: FORMAT erases even when
 * it has refused the range.
 * @throws UnbrickError `EXTENT_INVALID` when the extent does not lie in its region; `REGION_UNREACHABLE` when these agents
 * have no number for the region
 */
export function flashTarget(storage: StorageInfo, extent: Extent, stage: Stage): FlashTarget {
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
  const known = SECTIONS[storage.kind];
  const section = known?.sections[region];
  if (!known || section === undefined) {
    throw new UnbrickError({
      code: 'REGION_UNREACHABLE',
      stage,
      message: `This kind of Download Agent cannot reach ${region}.`,
      evidence: [`reachable on ${storage.kind}: ${Object.keys(known?.sections ?? {}).join(', ') || 'nothing'}`],
      next: ['Leave this region out of the job.'],
    });
  }
  return { storage: known.storage, section, address: start, length };
}

/** As {@link flashTarget}, for places that must start at a block. @throws UnbrickError `EXTENT_INVALID` */
export function alignedFlashTarget(storage: StorageInfo, extent: Extent, stage: Stage): FlashTarget {
  const target = flashTarget(storage, extent, stage);
  if (extent.start % storage.blockSize === 0) return target;
  throw new UnbrickError({
    code: 'EXTENT_INVALID',
    stage,
    message: `${hex(extent.start)} of ${extent.region} is not the start of a block.`,
    evidence: [`the storage has blocks of ${storage.blockSize} bytes`],
    next: ['Use firmware made for this kind of storage.'],
  });
}

/** The parameter frame of READ_DATA, WRITE_DATA and FORMAT. All NAND fields are zero. */
export function flashBlock({ storage, section, address, length }: FlashTarget): Uint8Array {
  return XflashFlashBlock.build({
    storage,
    section,
    address,
    length,
    nandCellUsage: 0,
    nandAddressType: 0,
    nandBinType: 0,
    nandRegion: 0,
    operation: 0,
    nandSysSlcPercent: 0,
    nandUserSlcPercent: 0,
    nandPhysicalMaxKib: 0,
  });
}

/** For messages: `1048576 bytes at 0x100000 (section 8)`. */
export function describeTarget(target: FlashTarget): string {
  return `${target.length} bytes at ${hex(target.address)} (section ${target.section})`;
}
