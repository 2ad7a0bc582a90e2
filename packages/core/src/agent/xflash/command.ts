import type { Stage } from '../../errors/unbrick-error.js';
import { XflashCommand } from '../../wire/index.js';
import type { XflashChannel } from './frame.js';
import { refused } from './status.js';
import { XFLASH_TIMEOUT } from './timeouts.js';

/** The protocol's name of a command code, for messages. */
export function commandName(command: number): string {
  return Object.entries(XflashCommand).find(([, value]) => value === command)?.[0] ?? `0x${command.toString(16)}`;
}

/**
 * Sends a command code and takes the status that says whether the agent knows it.
 * @throws UnbrickError `AGENT_REFUSED`
 */
export async function beginCommand(channel: XflashChannel, command: number, stage: Stage): Promise<void> {
  const name = commandName(command);
  await channel.sendWords(command);
  const status = await channel.status({ timeoutMs: XFLASH_TIMEOUT.status, what: `the status of ${name}`, stage });
  if (status !== 0) throw refused(status, { stage, what: `to begin ${name}` });
}
