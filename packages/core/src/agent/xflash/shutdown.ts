import { UnbrickError } from '../../errors/unbrick-error.js';
import { XflashCommand, XflashShutdown } from '../../wire/index.js';
import type { RebootTarget } from '../agent.js';
import { beginCommand } from './command.js';
import type { XflashChannel } from './frame.js';
import { refused } from './status.js';
import { XFLASH_TIMEOUT } from './timeouts.js';

/**
 * SHUTDOWN. `normal` resets the phone at once; `power-off` lets the agent idle until the cable is pulled, which is when it
 * switches the phone off. Exactly 24 bytes: a longer frame is answered with "success" and then not obeyed.
 * @throws UnbrickError stage `reboot`
 * See docs/protocol/xflash-agent.md, "SHUTDOWN".
 */
export async function shutDown(channel: XflashChannel, target: RebootTarget): Promise<void> {
  await beginCommand(channel, XflashCommand.SHUTDOWN, 'reboot');
  const isReboot = target === 'normal' ? 1 : 0;
  await channel.send(XflashShutdown.build({ isReboot, timeoutMs: 0, async: 0, bootUp: 0, downloadBit: 0, keepRtc: 0 }));
  let status: number;
  try {
    const wait = { timeoutMs: XFLASH_TIMEOUT.shutdown, what: 'the answer to SHUTDOWN', stage: 'reboot' as const };
    status = await channel.status(wait);
  } catch (cause) {
    // Leaving the bus before the answer got through is what was asked for.
    if (cause instanceof UnbrickError && cause.code === 'PHONE_GONE') return;
    throw cause;
  }
  if (status !== 0) throw refused(status, { stage: 'reboot', what: 'to restart the phone' });
}
