/** The record that START_DL_INFO opens: docs/protocol/xflash-agent.md, "Action and test subcodes". */
import { ascii } from '@unbrick/core/wire';
import { StorageFault } from '../../storage/phone-storage.js';
import { type AgentState, logCommand } from './agent-state.js';
import { fixedSize } from './storage-id.js';

const PARTITION = 'flashinfo';
const RECORD_SIZE = 0x14000;

/** Written at the start and the end of DOWNLOAD, WRITE_DATA and FORMAT, on cards with a `flashinfo` partition. */
export async function writeDownloadRecord(state: AgentState, event: string): Promise<void> {
  if (!state.downloadRecord) return;
  const partition = await state.tables.find(PARTITION);
  if (partition === undefined) return;
  const size = Math.min(RECORD_SIZE, partition.size);
  logCommand(state, 'DL_INFO_RECORD', true, { partition: PARTITION, length: size });
  try {
    await state.session.storage.write(partition.region, partition.start, fixedSize(ascii(event), size));
  } catch (error) {
    // The agents do not tell the host when their own record fails.
    if (!(error instanceof StorageFault)) throw error;
  }
}
