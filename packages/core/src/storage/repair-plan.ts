import type { Extent } from './storage.js';

/** What a repair would write: one copy of a partition table, made from the other. */
export interface TableRepair {
  /** `pgpt`, `sgpt`, `pmt`, `pmt-mirror`. */
  name: string;
  /** The copy that is damaged. */
  copy: 'primary' | 'backup';
  /** What is wrong with it. */
  why: string;
  /** Where it belongs. */
  extent: Extent;
  /** Its bytes, as long as the extent. */
  bytes: Uint8Array;
}

export type TableRepairPlan =
  | { repair: TableRepair }
  /** Nothing can or has to be repaired; `whole` tells which. */
  | { whole: boolean; why: string };
