import type { TableProblem } from './read-bytes.js';

/** Storage of a phone as an agent reports it. */

export type StorageKind = 'emmc' | 'ufs' | 'nand' | 'sdmmc';

/** A separately addressed area of the storage; the virtual phone keeps each in a file of this name. */
export type Region =
  | 'boot1'
  | 'boot2'
  | 'rpmb'
  | 'gp1'
  | 'gp2'
  | 'gp3'
  | 'gp4'
  | 'user'
  | 'lu0'
  | 'lu1'
  | 'lu2'
  | 'nand';

/** A run of bytes inside a region. `start` and `length` in bytes. */
export interface Extent {
  region: Region;
  start: number;
  length: number;
}

export interface StorageInfo {
  kind: StorageKind;
  /** Smallest addressable unit in bytes: 512 eMMC, 4096 UFS, page size NAND. */
  blockSize: number;
  /** Size of each region that exists, bytes. */
  regions: ReadonlyMap<Region, number>;
  /** eMMC: the 16-byte CID in natural order. UFS: product name text. NAND: id bytes. */
  id: Uint8Array;
  /** Size of the phone's RAM in bytes where the agent tells it. */
  ramSize?: number;
  /** Raw NAND only. */
  nand?: NandGeometry;
}

/** How a raw NAND chip is made. Addresses of the region `nand` are logical: the agent puts good blocks in place of bad ones. */
export interface NandGeometry {
  /** Bytes; reads and writes move whole pages. */
  pageSize: number;
  /** Bytes beside each page, for error correction and marks. */
  spareSize: number;
  /** Bytes; what can be erased. Writes begin at such a block. */
  eraseBlock: number;
  /** Bytes at the end of the chip that stand in for bad blocks; not part of the region. */
  poolSize: number;
  /** Bad blocks that the agent has replaced, where it tells. */
  replacedBlocks?: number;
}

export type PartitionTableKind = 'gpt' | 'pmt' | 'mbr';

export interface PartitionEntry extends Extent {
  name: string;
}

export interface PartitionTable {
  kind: PartitionTableKind;
  /** Where it was read: "GPT at sector 1", "backup GPT", "the agent's partition list". */
  source: string;
  /** Ascending by start. */
  partitions: PartitionEntry[];
  /** What is wrong with this table or with copies of it that were passed over. */
  problems?: readonly TableProblem[];
}

/** The region that holds the partitions of this storage. */
export function userRegion(kind: StorageKind): Region {
  return kind === 'ufs' ? 'lu2' : kind === 'nand' ? 'nand' : 'user';
}

/** The regions that hold the preloader, first copy first. On NAND it is the beginning of the only one. */
export function bootRegions(kind: StorageKind): Region[] {
  return kind === 'ufs' ? ['lu0', 'lu1'] : kind === 'nand' ? ['nand'] : kind === 'sdmmc' ? [] : ['boot1', 'boot2'];
}
