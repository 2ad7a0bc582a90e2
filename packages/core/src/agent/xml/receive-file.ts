import { XmlAck } from '../../wire/index.js';
import type { Desk } from './desk.js';
import type { FileRequest } from './device-request.js';
import { quoted, type XmlChannel } from './text-channel.js';
import { XML_TIMEOUT } from './timeouts.js';
import type { Outcome } from './transfer-outcome.js';

/** Agents send 64 KiB to 2 MiB a frame; anything beyond this is not a packet. */
const LARGEST_PACKET = 0x1000000;

/**
 * UPLOAD-FILE: takes the file the phone sends and yields its packets. When the caller ends the iteration early, or the job is
 * to stop, the packet after that is answered with a cancel; CMD:END follows in every case.
 * @throws UnbrickError for a broken conversation only
 * See docs/protocol/xml-agent.md, "UPLOAD-FILE".
 */
export async function* receiveFile(
  channel: XmlChannel,
  request: FileRequest,
  desk: Desk,
): AsyncGenerator<Uint8Array, Outcome, undefined> {
  const { target, stop, onBytes } = desk;
  if (!target || request.path !== target.path) {
    await channel.sendText(XmlAck.ERR);
    return { seen: `the agent wanted to store a file that was not asked for: ${quoted(request.path)}` };
  }
  await channel.sendOk();
  const announced = await channel.ack({ ...wait(desk), what: 'the size of the file' });
  const total = announced.value;
  if (!announced.ok) return { seen: `the agent answered ${quoted(announced.text)} in the place of the size` };
  if (total === undefined || !expected(target, total)) {
    await channel.sendText(XmlAck.ERR);
    const wanted = 'exactly' in target ? `${target.exactly} bytes` : `at most ${target.atMost} bytes`;
    return { seen: `the agent announced ${quoted(announced.text)} where ${wanted} can come` };
  }
  await channel.sendOk();
  for (let done = 0; done < total; ) {
    const packet = await nextPacket(channel, request, desk, done, total);
    if (typeof packet === 'string') {
      return { seen: `the agent answered ${quoted(packet)} after ${done} of ${total} bytes`, inData: true };
    }
    done += packet.length;
    if (stop?.aborted) {
      await channel.sendText(XmlAck.CANCEL);
      return { failure: stop.reason };
    }
    // The answer goes out before the packet is handed on, so that the phone reads on while the caller works.
    await channel.sendOk();
    onBytes?.(done);
    let taken = false;
    try {
      yield packet;
      taken = true;
    } finally {
      // The caller left (`break`): the one place where the phone listens for a cancel is behind the next packet.
      if (!taken && done < total && channel.usable) {
        const unwanted = await nextPacket(channel, request, desk, done, total);
        if (typeof unwanted !== 'string') await channel.sendText(XmlAck.CANCEL);
      }
    }
  }
  return { complete: true };
}

/** The packet at `done`, or the text with which the phone ended the transfer instead. */
async function nextPacket(
  channel: XmlChannel,
  { packetLength }: FileRequest,
  desk: Desk,
  done: number,
  total: number,
): Promise<Uint8Array | string> {
  const mark = await channel.ack({ ...wait(desk), what: `the mark of the data at byte ${done}` });
  if (!mark.ok) return mark.text;
  await channel.sendOk();
  const most = Math.min(total - done, Math.max(1, packetLength), LARGEST_PACKET);
  return channel.receive(most, { ...wait(desk), what: `the data at byte ${done}` });
}

function expected(target: NonNullable<Desk['target']>, total: number): boolean {
  return 'exactly' in target ? total === target.exactly : total <= target.atMost;
}

function wait({ stage }: Desk) {
  return { timeoutMs: XML_TIMEOUT.chunk, stage };
}
