/** SHUTDOWN: docs/protocol/xflash-agent.md, "SHUTDOWN". The agent never comes back to its command loop. */
import { XflashShutdown, XflashStatus } from '@unbrick/core/wire';
import { hang, LeaveBus, UnpluggedError } from '../../device/wire.js';
import { type AgentState, logCommand } from './agent-state.js';

/**
 * 24 bytes and no more: a longer frame is answered 0 but not read, so the fields are rubbish and the phone does not reset.
 * Without the reboot flag the phone waits, and switches off when the cable is pulled.
 */
export async function shutdown(state: AgentState): Promise<void> {
  const { channel } = state;
  const request = XflashShutdown.parse(await channel.receiveBlock(XflashShutdown.size));
  logCommand(state, 'SHUTDOWN', false, { ...request });
  await channel.status(XflashStatus.OK);
  if (request.isReboot === 1) throw new LeaveBus('boot');
  try {
    await hang(channel.wire);
  } catch (error) {
    if (error instanceof UnpluggedError && request.isReboot === 0) throw new LeaveBus('off');
    throw error;
  }
}
