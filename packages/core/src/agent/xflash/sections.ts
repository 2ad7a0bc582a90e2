import { type Stage, UnbrickError } from '../../errors/unbrick-error.js';
import type { Extent, Region, StorageInfo, StorageKind } from '../../storage/storage.js';
import { hex, XflashEmmcSection, XflashFlashBlock, XflashStorage, XflashUfsSection } from '../../wire/index.js';
import { expectExtent } from '../checked-extent.js';

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
export function flashTarget(storage: StorageInfo, extent: Extent, stage: Stage, startMultiple = 1): FlashTarget {
  expectExtent(storage, extent, stage, startMultiple);
  const { region, start, length } = extent;
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
  return flashTarget(storage, extent, stage, storage.blockSize);
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
