import type { OnBytes, TransferOptions } from '../agent.js';
import type { PrimedSource } from './primed-source.js';
import type { Asked } from './refusals.js';

/**
 * What the host lays out for one command. The phone asks for files by the names that the command had; whatever is not
 * here does not exist for it.
 */
export interface Desk extends Asked {
  /** The file that the phone may fetch. */
  source?: { path: string; length: number; data: PrimedSource };
  /** The file that the phone shall send. */
  target?: { path: string; exactly: number } | { path: string; atMost: number };
  /** Bytes of the file that have crossed the link and were acknowledged. */
  onBytes?: OnBytes;
  /** Progress the phone reports of work of its own, percent. */
  onPercent?: (percent: number) => void;
  /** Soft stop, see {@link TransferOptions}. */
  stop?: TransferOptions['stop'];
  /** How long the phone may take before its next request or line of progress, ms. */
  requestMs?: number;
}
