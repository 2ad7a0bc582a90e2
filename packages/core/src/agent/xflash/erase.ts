import { XflashCommand, XflashStatus } from '../../wire/index.js';
import type { TransferOptions } from '../agent.js';
import { beginCommand } from './command.js';
import type { XflashChannel } from './frame.js';
import { describeTarget, type FlashTarget, flashBlock } from './sections.js';
import { describeStatus, refused } from './status.js';
import { ERASE_MS_PER_GIB, XFLASH_TIMEOUT } from './timeouts.js';

const GIB = 0x40000000;

/**
 * Erases the target with FORMAT, in commands that end at multiples of 1 GiB: an agent reports nothing before an erase is
 * over, so pieces are what gives progress, a place to stop, and a wait that fits the size. Such an address is a multiple of
 * every erase group, so the card erases exactly what one long command would have erased.
 * The target must have been checked: the agent erases even where it refuses the range.
 * @throws UnbrickError `AGENT_REFUSED` and relatives; the channel's errors
 * See docs/protocol/xflash-agent.md, "FORMAT".
 */
export async function eraseTarget(
  channel: XflashChannel,
  target: FlashTarget,
  { onBytes, stop }: TransferOptions = {},
): Promise<void> {
  const end = target.address + target.length;
  for (let address = target.address; address < end; ) {
    stop?.throwIfAborted();
    const border = Math.min(end, (Math.floor(address / GIB) + 1) * GIB);
    await format(channel, { ...target, address, length: border - address });
    address = border;
    onBytes?.(address - target.address);
  }
}

async function format(channel: XflashChannel, target: FlashTarget): Promise<void> {
  const asked = { stage: 'erase' as const, what: `to erase ${describeTarget(target)}` };
  await beginCommand(channel, XflashCommand.FORMAT, 'erase');
  await channel.send(flashBlock(target));
  const parameters = await channel.status({
    timeoutMs: XFLASH_TIMEOUT.parameters,
    what: 'the status of the erase range',
    stage: 'erase',
  });
  // A refused range does not end the command: the agent goes on, and its other answers must be taken before anything else.
  const last = await untilComplete(channel, target);
  if (parameters !== 0) {
    const evidence = [`the agent went on all the same and ended with ${describeStatus(last)}`];
    throw refused(parameters, { ...asked, evidence });
  }
  if (last !== XflashStatus.COMPLETE && last !== XflashStatus.OK) throw refused(last, asked);
}

/** Takes progress reports until the command is over; gives the last status. */
async function untilComplete(channel: XflashChannel, target: FlashTarget): Promise<number> {
  const timeoutMs = XFLASH_TIMEOUT.erase + Math.ceil((target.length / GIB) * ERASE_MS_PER_GIB);
  const wait = { timeoutMs, what: 'the end of the erase', stage: 'erase' as const };
  for (let reports = 0; ; reports++) {
    const status = await channel.status(wait);
    if (status !== XflashStatus.CONTINUE) return status;
    // A percentage; eMMC and UFS agents send a single 100 when the work is done, so there is nothing to show.
    const percent = await channel.status({ ...wait, what: 'the progress of the erase' });
    if (percent > 100 || reports > MOST_REPORTS) channel.fail(wait, `progress report ${reports + 1} says ${percent} %`);
    await channel.sendWords(XflashStatus.OK);
  }
}

/** Each percent once, with room to spare. */
const MOST_REPORTS = 1_000;
