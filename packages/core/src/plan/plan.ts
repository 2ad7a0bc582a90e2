import type { Extent, GptIdentity, PmtRecord, Region } from '../storage/storage.js';

/** What a plan is for; the first three are the modes of SP Flash Tool. */
export type PlanMode = 'download' | 'upgrade' | 'format-all' | 'backup' | 'restore' | 'erase' | 'repair-table';

/**
 * How bad it is when the step goes wrong: `none` changes nothing on the phone; `low` can simply be repeated; `data` deletes
 * what its owner has stored on the phone; `calibration` touches what exists nowhere else but in the backup; `high` the phone
 * may not start until the step has been repeated to its end.
 */
export type Risk = 'none' | 'low' | 'data' | 'calibration' | 'high';

interface StepBase {
  /** Partition the step is about, as the phone names it. */
  partition: string;
  risk: Risk;
  /** Bytes that move in this step. */
  bytes: number;
  /** An earlier run of this job has done it, and it has been looked at again since: the run passes it over. */
  proven?: true;
}

/** Read an extent into the backup folder. */
export interface BackupStep extends StepBase {
  kind: 'backup';
  extent: Extent;
  fileName: string;
}

/** Erase an extent, so that the parts a sparse image leaves out are defined. */
export interface EraseStep extends StepBase {
  kind: 'erase';
  extent: Extent;
}

/** Let the agent make the map of bad blocks of a NAND that has lost it; nothing happens when it has one. */
export interface MapBadBlocksStep extends StepBase {
  kind: 'map-bad-blocks';
}

interface TableStepBase extends StepBase {
  kind: 'write-table';
  region: Region;
  /** The size the table is made for, bytes. */
  regionSize: number;
  partitions: { name: string; start: number; length: number }[];
  /** Places of the two copies, main copy first. */
  extents: Extent[];
}

/** Write both copies of a new GUID partition table and read them back. */
export interface WriteGptStep extends TableStepBase {
  table: 'gpt';
  /** Bytes. */
  sectorSize: number;
  /** GUIDs and attributes of the table that this one replaces. */
  identity?: GptIdentity;
}

/** Write both copies of the list of a phone before GPT and read them back. On NAND the agent writes them. */
export interface WritePmtStep extends TableStepBase {
  table: 'pmt';
  record: PmtRecord;
}

export type WriteTableStep = WriteGptStep | WritePmtStep;

/** Write an image to its partition and read it back. */
export interface WriteStep extends StepBase {
  kind: 'write';
  /** The partition's place on the phone. */
  extent: Extent;
  /** Path of the image inside the firmware package. */
  path: string;
  format: 'raw' | 'sparse';
}

/** Write a file of the backup to the extent and read it back. */
export interface RestoreStep extends StepBase {
  kind: 'restore';
  extent: Extent;
  fileName: string;
  /** The backup of an earlier job, not the one that this plan makes. */
  earlier?: true;
}

/** Compare the extent with its file in the backup, and put the file back should they differ. */
export interface KeepStep extends StepBase {
  kind: 'keep';
  extent: Extent;
  fileName: string;
  earlier?: true;
}

/** Hand the preloader to the agent, which writes both boot areas, and read it back. */
export interface WritePreloaderStep extends StepBase {
  kind: 'write-preloader';
  path: string;
  regions: Region[];
}

/** Write one copy of the GPT anew from the other, and read it back. */
export interface RepairTableStep extends StepBase {
  kind: 'repair-table';
  copy: 'primary' | 'backup';
  extent: Extent;
}

export interface RebootStep extends StepBase {
  kind: 'reboot';
}

export type PlanStep =
  | BackupStep
  | MapBadBlocksStep
  | EraseStep
  | WriteTableStep
  | WriteStep
  | RestoreStep
  | KeepStep
  | WritePreloaderStep
  | RepairTableStep
  | RebootStep;

/**
 * What will be done, in order, as plain data: it can be printed, compared, saved, and shown without a phone doing anything.
 * Nothing writes to a phone except a step of a plan that was shown first.
 */
export interface Plan {
  mode: PlanMode;
  firmware: string;
  /** For people: "MT6735, eMMC 7.3 GiB". */
  phone: string;
  steps: PlanStep[];
}
