import type { Extent, Region } from '../storage/storage.js';

/**
 * How bad it is when the step goes wrong: `none` changes nothing on the phone; `low` can simply be repeated; `high` the
 * phone may not start until the step has been repeated to its end.
 */
export type Risk = 'none' | 'low' | 'high';

interface StepBase {
  /** Partition the step is about, as the phone names it. */
  partition: string;
  risk: Risk;
  /** Bytes that move in this step. */
  bytes: number;
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

/** Write an image to its partition and read it back. */
export interface WriteStep extends StepBase {
  kind: 'write';
  /** The partition's place on the phone. */
  extent: Extent;
  /** Path of the image inside the firmware package. */
  path: string;
  format: 'raw' | 'sparse';
}

/** Hand the preloader to the agent, which writes both boot areas, and read it back. */
export interface WritePreloaderStep extends StepBase {
  kind: 'write-preloader';
  path: string;
  regions: Region[];
}

export interface RebootStep extends StepBase {
  kind: 'reboot';
}

export type PlanStep = BackupStep | EraseStep | WriteStep | WritePreloaderStep | RebootStep;

/**
 * What will be done, in order, as plain data: it can be printed, compared, saved, and shown without a phone doing anything.
 * Nothing writes to a phone except a step of a plan that was shown first.
 */
export interface Plan {
  mode: 'download' | 'erase';
  firmware: string;
  /** For people: "MT6735, eMMC 7.3 GiB". */
  phone: string;
  steps: PlanStep[];
}
