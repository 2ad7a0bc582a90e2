import { XflashCommand } from '../../wire/index.js';
import type { XflashChannel } from './frame.js';
import { XFLASH_TIMEOUT } from './timeouts.js';

/** Product and vendor id of the agents themselves. */
const OWN_IDENTITY = 0;

/**
 * Asks the agent to leave the bus and come back at high speed; gives its status. After 0 the port goes away within a tenth of
 * a second, and the conversation goes on over the next one as if nothing had been.
 * See docs/protocol/xflash-agent.md, "SWITCH_USB_SPEED".
 */
export async function switchUsbSpeed(channel: XflashChannel): Promise<number> {
  await channel.sendWords(XflashCommand.SWITCH_USB_SPEED);
  const wait = { timeoutMs: XFLASH_TIMEOUT.status, what: 'the answer to SWITCH_USB_SPEED' };
  const status = await channel.status(wait);
  if (status !== 0) return status;
  await channel.sendWords(OWN_IDENTITY);
  return channel.status(wait);
}
