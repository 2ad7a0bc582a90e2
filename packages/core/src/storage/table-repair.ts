import { parseGpt } from './gpt.js';
import { planGptRepair } from './gpt-repair.js';
import { planPmtRepair } from './pmt-repair.js';
import type { ReadBytes } from './read-bytes.js';
import type { TableRepairPlan } from './repair-plan.js';
import type { Region } from './storage.js';

/**
 * How a damaged copy of the phone's partition table is made whole from the other: of its GPT, or of its PMT when it has no
 * GPT. Pure but for `read`.
 * @param regionSize bytes
 * @throws what `read` throws
 */
export async function planTableRepair(
  read: ReadBytes,
  regionSize: number,
  sectorSize: number,
  region: Region,
): Promise<TableRepairPlan> {
  const { table } = await parseGpt(read, regionSize, sectorSize, region);
  const pmt = table || region !== 'user' ? undefined : await planPmtRepair(read, regionSize);
  return pmt ?? planGptRepair(read, regionSize, sectorSize, region);
}
