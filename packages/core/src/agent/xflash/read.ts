import { XflashCommand, XflashStatus } from '../../wire/index.js';
import type { TransferOptions } from '../agent.js';
import { beginCommand } from './command.js';
import type { XflashChannel } from './frame.js';
import { describeTarget, type FlashTarget, flashBlock } from './sections.js';
import { describeStatus, refused } from './status.js';
import { XFLASH_TIMEOUT } from './timeouts.js';

/** Agents send 64 KiB or 2 MiB packets; anything beyond this is not a packet. */
const LARGEST_PACKET = 0x800000;

/**
 * READ_DATA: the target's bytes in the agent's packets. Ending the iteration early, or `options.stop`, ends the command the
 * way the protocol has for it: the next packet is answered with "abort", and the final status is taken.
 * @throws UnbrickError `AGENT_REFUSED` and relatives; the channel's errors
 * See docs/protocol/xflash-agent.md, "READ_DATA".
 */
export async function* readTarget(
  channel: XflashChannel,
  target: FlashTarget,
  { onBytes, stop }: TransferOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  stop?.throwIfAborted();
  await beginCommand(channel, XflashCommand.READ_DATA, 'agent');
  await channel.send(flashBlock(target));
  const parameters = await channel.status({
    timeoutMs: XFLASH_TIMEOUT.parameters,
    what: 'the status of the read range',
  });
  if (parameters !== 0) throw refused(parameters, { stage: 'agent', what: `to read ${describeTarget(target)}` });
  await nextPacketStatus(channel, target, 0);

  let done = 0;
  /** The agent is in the middle of the command and waits for, or is about to send, a packet. */
  let running = true;
  try {
    while (done < target.length) {
      const packet = await nextPacket(channel, target, done);
      done += packet.length;
      if (stop?.aborted) {
        running = false;
        await abort(channel);
        throw stop.reason;
      }
      // The ack goes out before the packet is handed on, so that the phone reads on while the caller works.
      await channel.sendWords(XflashStatus.OK);
      onBytes?.(done);
      yield packet;
      await nextPacketStatus(channel, target, done);
    }
    running = false;
  } catch (cause) {
    running = false;
    throw cause;
  } finally {
    // Only an early end of the iteration (`break`) arrives here with the command still running.
    if (running) await drain(channel, target, done);
  }
}

/** The caller left between an ack and its status: take what the agent sends next and refuse the packet after it. */
async function drain(channel: XflashChannel, target: FlashTarget, done: number): Promise<void> {
  await nextPacketStatus(channel, target, done);
  if (done === target.length) return;
  await nextPacket(channel, target, done);
  await abort(channel);
}

function nextPacket(channel: XflashChannel, target: FlashTarget, done: number): Promise<Uint8Array> {
  const limit = Math.min(target.length - done, LARGEST_PACKET);
  return channel.receive(limit, { timeoutMs: XFLASH_TIMEOUT.readPacket, what: `the data at ${place(target, done)}` });
}

/** Go-ahead for the next packet, or the final status after the last. An error is followed by the final status. */
async function nextPacketStatus(channel: XflashChannel, target: FlashTarget, done: number): Promise<void> {
  const wait = { timeoutMs: XFLASH_TIMEOUT.readPacket, what: `the status of the data at ${place(target, done)}` };
  const status = await channel.status(wait);
  if (status === 0) return;
  const asked = { stage: 'agent' as const, what: `to read ${describeTarget(target)}` };
  // After the last packet this was the final status itself.
  if (done === target.length) throw refused(status, asked);
  const final = await channel.status({ ...wait, what: 'the final status of the failed read' });
  throw refused(status, { ...asked, evidence: failedAt(target, done, status, final) });
}

async function abort(channel: XflashChannel): Promise<void> {
  await channel.sendWords(XflashStatus.ABORT);
  // The agent gives the ack's own value back; whatever it says, the command is over with this status.
  await channel.status({ timeoutMs: XFLASH_TIMEOUT.readPacket, what: 'the final status of the stopped read' });
}

function place(target: FlashTarget, done: number): string {
  return `0x${(target.address + done).toString(16)}`;
}

function failedAt(target: FlashTarget, done: number, status: number, final: number): string[] {
  const evidence = [`${done} of ${target.length} bytes were read before the failure at ${place(target, done)}`];
  if (final !== status) evidence.push(`final status ${describeStatus(final)}`);
  return evidence;
}
