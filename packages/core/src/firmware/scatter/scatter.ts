import { UnbrickError } from '../../errors/unbrick-error.js';
import type { Region, StorageKind } from '../../storage/storage.js';
import { hex } from '../../wire/index.js';

/** What a tool may do with a partition, as the scatter file says it. See docs/protocol/scatter.md, "Partition keys". */
export type ScatterOperation =
  | 'BOOTLOADERS'
  | 'UPDATE'
  | 'INVISIBLE'
  | 'PROTECTED'
  | 'BINREGION'
  | 'RESERVED'
  | 'UNKNOWN';

/** `boot1+boot2` and `lu0+lu1`: the same bytes go to both copies. `none`: the file names no region of a phone. */
export type ScatterRegion = Region | 'boot1+boot2' | 'lu0+lu1' | 'none';

/** One partition as the firmware's maker describes it. Addresses and sizes in bytes. */
export interface ScatterPartition {
  name: string;
  /** Image file, relative to the scatter file; absent where the scatter file says `NONE`. */
  fileName?: string;
  /**
   * Where the file names no image itself (oldest form): names that the image can have, likeliest first, `*` standing for any
   * characters. `fileName` is the first of them.
   */
  fileAlternatives?: readonly string[];
  /** Ticked by default. */
  isDownload: boolean;
  /** `SV5_BL_BIN`, `NORMAL_ROM`, `EXT4_IMG`, …, upper case; `NONE` when not said. */
  type: string;
  /** Place in the one map that older files lay over all regions. */
  linearStart?: number;
  /** Place inside the region. Not an address when `endRelativeBlocks` is set: see {@link resolveStart}. */
  start: number;
  /** n of the address 0xFFFF0000 + n: the partition starts n allocation blocks before the end of its region. */
  endRelativeBlocks?: number;
  /** 0: the rest of the region up to the first reserved partition. */
  size: number;
  region: ScatterRegion;
  operation: ScatterOperation;
  /** The operation as written. */
  operationText: string;
  /** The image must end before the next partition begins. */
  boundaryCheck: boolean;
  /** Lies at the end of the storage. */
  isReserved: boolean;
  storage: StorageKind | 'nor' | 'none';
  /** Takes part in over-the-air updates; no meaning for flashing. */
  isUpgradable?: boolean;
  /** Belongs to the smallest set that starts; no meaning for flashing. */
  emptyBootNeeded?: boolean;
  /** Two neighbours that both have this may shift their common border: only the outer edges have to fit the phone. */
  comboSizeCheck?: boolean;
  /** NAND: how the pages of a cell are used (`FULL_PAGE`, `LOW_PAGE`), as written. */
  pageMode?: string;
  /** NAND: part of the partition that is used with one bit a cell, as written. */
  slcPercentage?: string;
  /** Line of the scatter file on which the partition begins, from 1. */
  line: number;
  /** Position in its layout, from 0. */
  index: number;
}

/** The partitions of a phone with one kind of storage. */
export interface ScatterLayout {
  storage: StorageKind;
  /** Allocation unit of end-relative addresses, bytes. */
  blockSize: number;
  /** Bus of the boot storage, for information: `MSDC_0`. */
  bootChannel?: string;
  partitions: ScatterPartition[];
}

/** Something odd in a scatter file that did not keep it from being read. */
export interface ScatterProblem {
  /** From 1. */
  line: number;
  /** `error`: a partition that would be written is not described reliably. */
  severity: 'warning' | 'error';
  /** Stable: `SCATTER_KEY_MISSING`. */
  code: string;
  /** One sentence for a person. */
  message: string;
}

export interface ScatterFile {
  fileName: string;
  /** `brace`: the oldest one, names and addresses only. `text`: YAML-like. */
  form: 'brace' | 'text' | 'xml';
  /** `V1.1.2`; `V0` for the oldest form; empty when the file does not say. */
  version: string;
  /** Chip the firmware is built for: `MT6757D`, upper case; empty when the file does not say. */
  platform: string;
  /** Board; may be empty. */
  project: string;
  /** The flash tool must not make a partition table of its own: the image of `pgpt` is written instead. */
  skipTable?: boolean;
  /** Other general keys of newer files (`modem_check`, `resize_check`, `chip_version` …), as written, keys in lower case. */
  checks?: Readonly<Record<string, string>>;
  /** One for each kind of storage the firmware was made for, at least one. */
  layouts: ScatterLayout[];
  /** In the order of the file. */
  problems: ScatterProblem[];
}

/** The layout for a phone with this kind of storage. */
export function layoutFor(scatter: ScatterFile, storage: StorageKind): ScatterLayout | undefined {
  return scatter.layouts.find((layout) => layout.storage === storage);
}

/**
 * Where the partition starts inside a region of `regionSize` bytes. End-relative addresses are counted back from the
 * region's end: n blocks, or for n = 0 the partition's own size ("the very last part"). See docs/protocol/scatter.md,
 * "Reserved addresses".
 * @throws UnbrickError `PARTITION_OUTSIDE_STORAGE` when it does not lie inside the region
 */
export function resolveStart(partition: ScatterPartition, regionSize: number, blockSize: number): number {
  const blocks = partition.endRelativeBlocks;
  const start =
    blocks === undefined ? partition.start : regionSize - (blocks === 0 ? partition.size : blocks * blockSize);
  if (start < 0 || start + partition.size > regionSize) {
    throw new UnbrickError({
      code: 'PARTITION_OUTSIDE_STORAGE',
      stage: 'firmware',
      message: `The partition ${partition.name} does not lie inside the phone's storage.`,
      evidence: [
        blocks === undefined
          ? `the scatter file (line ${partition.line}) places it at ${hex(partition.start)}, ${partition.size} bytes`
          : `the scatter file (line ${partition.line}) places it ${blocks} blocks of ${blockSize} bytes before the end, ${partition.size} bytes`,
        `the region ${partition.region} has ${regionSize} bytes`,
      ],
      next: [
        'This firmware is for a phone with other storage: use the one made for exactly this model and memory size.',
      ],
    });
  }
  return start;
}

/**
 * The partition's size inside a region of `regionSize` bytes; a size of 0 in the scatter file means the rest of the region
 * up to the first reserved partition, or to any other that lies behind.
 * @throws UnbrickError `PARTITION_OUTSIDE_STORAGE`
 */
export function resolveSize(partition: ScatterPartition, layout: ScatterLayout, regionSize: number): number {
  if (partition.size > 0) return partition.size;
  const start = resolveStart(partition, regionSize, layout.blockSize);
  const behind = layout.partitions
    .filter((other) => other !== partition && other.region === partition.region)
    .filter((other) => other.endRelativeBlocks !== undefined || other.start > start)
    .map((other) => resolveStart(other, regionSize, layout.blockSize))
    .filter((other) => other >= start);
  return Math.min(regionSize, ...behind) - start;
}
