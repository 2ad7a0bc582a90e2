/** What a kind of storage means for a phone: which region holds what, and which sizes a profile has to name. */
import type { Region, StorageKind } from '@unbrick/core';

export interface StorageLayout {
  /** The region with the partition table and the partitions. */
  user: Region;
  /** The preloader's regions, first copy first. */
  boot: readonly Region[];
  /** Sizes its blocks may have, bytes; for NAND those of its pages. */
  blockSizes: readonly number[];
  /** How the id of the memory chip is written. */
  id: { pattern: RegExp; what: string };
}

const LAYOUTS: Partial<Record<StorageKind, StorageLayout>> = {
  emmc: {
    user: 'user',
    boot: ['boot1', 'boot2'],
    blockSizes: [512],
    id: { pattern: /^[0-9a-f]{32}$/i, what: 'an eMMC CID of 32 hex digits' },
  },
  ufs: {
    user: 'lu2',
    boot: ['lu0', 'lu1'],
    blockSizes: [4096],
    id: { pattern: /^[ -~]{1,16}$/, what: 'a UFS product name of up to 16 characters' },
  },
  nand: {
    user: 'nand',
    // The preloader lies in the first blocks, among everything else.
    boot: [],
    blockSizes: [2048, 4096, 8192, 16384],
    id: { pattern: /^([0-9a-f]{2}){5,7}$/i, what: 'the 5 to 7 id bytes of a NAND chip in hex digits' },
  },
};

/** @throws RangeError for a kind that no virtual phone has */
export function storageLayout(kind: StorageKind): StorageLayout {
  const layout = LAYOUTS[kind];
  if (!layout) throw new RangeError(`no virtual phone has ${kind} storage`);
  return layout;
}
