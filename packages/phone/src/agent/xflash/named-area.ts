/** Names of DOWNLOAD, UPLOAD and FORMAT_PARTITION. */
import { XflashStatus } from '@unbrick/core/wire';
import { regionSize } from '../flash/fitted-storage.js';
import type { AgentPartition } from '../flash/partition-table.js';
import type { AgentState } from './agent-state.js';

/** Longest name frame; there is no NUL at its end. */
export const NAME_LIMIT = 64;

export const PRELOADER = 'preloader';

/** The area of a name, or the status that tells why there is none. `preloader` is the first boot area, without a table. */
export async function findNamedArea(state: AgentState, name: string): Promise<AgentPartition | number> {
  const boot = state.fitted.boot[0];
  if (name.toLowerCase() === PRELOADER && boot !== undefined) {
    return { name, region: boot, start: 0, size: regionSize(state.session.storage, boot) };
  }
  if ((await state.tables.partitions()) === undefined) return XflashStatus.NO_GPT;
  return (await state.tables.find(name)) ?? XflashStatus.PARTITION_NOT_FOUND;
}
