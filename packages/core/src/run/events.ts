import type { Guidance } from '../connect-guide/connect-guide.js';
import type { Stage } from '../errors/unbrick-error.js';
import type { Plan } from '../plan/plan.js';
import type { Finding } from '../preflight/finding.js';
import type { Outcome } from './outcome.js';

/** Phases of a job, in the order in which they usually come. */
export type Phase =
  | 'connect'
  | 'identify'
  | 'agent-upload'
  | 'dram'
  | 'preflight'
  | 'backup'
  | 'erase'
  | 'write'
  | 'verify'
  | 'reboot';

/** `bytes` of `total` done in this phase (for this partition, when named). A phase starts at 0 and ends at `total`. */
export interface ProgressEvent {
  type: 'progress';
  phase: Phase;
  partition?: string;
  bytes: number;
  total: number;
}

/** Something worth telling: what is seen on the port, which agent was chosen and why. */
export interface NoteEvent {
  type: 'note';
  phase: Phase;
  message: string;
}

/** While a phone is awaited: what is seen, and what to try next, in the user's language. Sent when either changes. */
export interface ConnectionEvent extends Guidance {
  type: 'connection';
}

export interface FindingEvent extends Finding {
  type: 'finding';
}

/** What will be done, before it is done. */
export interface PlanEvent {
  type: 'plan';
  plan: Plan;
}

export interface ErrorEvent {
  type: 'error';
  code: string;
  stage: Stage;
  message: string;
  evidence: readonly string[];
  next: readonly string[];
}

export interface PartitionReport {
  name: string;
  /** Bytes written to the phone; for sparse images the expanded bytes that were written. */
  bytes: number;
  /** Hash of the bytes that were written, in order. */
  sha256: string;
  verifiedBy: 'readback-sha256' | 'agent-storage' | 'agent-link' | 'none';
  /** Time of writing. */
  seconds: number;
  /** Time of proving what was written. */
  verifySeconds: number;
}

export interface BackupReport {
  folder: string;
  files: { name: string; bytes: number; sha256: string }[];
}

/** Last event of every job. */
export interface ReportEvent {
  type: 'report';
  /** True only when everything that was asked for was written and verified. */
  ok: boolean;
  outcome: Outcome;
  partitions: PartitionReport[];
  /** Partitions that were compared with their backup and had not changed. */
  kept?: string[];
  seconds: number;
  backup?: BackupReport;
  /** In what state the phone was left, in a sentence or two in the user's language. */
  phoneState: string;
}

/** The one stream that every face shows: terminal bars, `--json` lines, web page, log. Documented by events.schema.json. */
export type JobEvent =
  | ProgressEvent
  | NoteEvent
  | ConnectionEvent
  | FindingEvent
  | PlanEvent
  | ErrorEvent
  | ReportEvent;
export type EventSink = (event: JobEvent) => void;
