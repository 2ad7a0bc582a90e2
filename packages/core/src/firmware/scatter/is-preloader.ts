import type { ScatterPartition } from './scatter.js';

/** Whether this partition is the preloader, which the agent writes by a command of its own. */
export function isPreloader(partition: ScatterPartition): boolean {
  return partition.type.toUpperCase() === 'SV5_BL_BIN' || /^preloader(_[ab]|2)?$/i.test(partition.name);
}
