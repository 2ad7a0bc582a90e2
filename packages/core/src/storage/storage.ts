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

/** How long the entries of a PMT are and what is in them (docs/protocol/partition-tables.md, "PMT"). */
export type PmtForm = '32-bit' | '64-bit' | '64-bit with region';

/** An entry of a PMT as it is written down, which is not always where the partition lies. Bytes. */
export interface PmtEntry {
  name: string;
  size: number;
  /** From the start of its region, or of all regions in a row. */
  offset: number;
  mask: number;
  /** Number of the region on eMMC, cell mode on NAND, where the form has it. */
  partId?: number;
}

/** A PMT as the phone keeps it: what is needed to write it anew in the way its boot loader reads it. */
export interface PmtRecord {
  entries: PmtEntry[];
  /** How the copies on an eMMC are written; a NAND's are written by the agent. */
  written?: { generation: 1 | 3; form: PmtForm };
}

/** What a GPT says besides places; hexadecimal digits, in the order of the bytes on the storage. */
export interface GptIdentity {
  /** GUID of the storage. */
  disk: string;
  /** By name: GUID of the kind, the partition's own GUID, attributes. */
  partitions: { name: string; type: string; own: string; attributes: string }[];
}

export interface PartitionTable {
  kind: PartitionTableKind;
  /** Where it was read: "GPT at sector 1", "backup GPT", "the agent's partition list". */
  source: string;
  /** Ascending by start. */
  partitions: PartitionEntry[];
  /** PMT only, where it could be seen. */
  record?: PmtRecord;
  /** GPT only, where it could be seen. */
  identity?: GptIdentity;
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
