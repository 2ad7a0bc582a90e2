import { hex, XmlAck, xmlChunkSum } from '../../wire/index.js';
import { type Chunk, ChunkReader } from '../frames/chunk-reader.js';
import type { Desk } from './desk.js';
import type { FileRequest } from './device-request.js';
import { quoted, type XmlChannel } from './text-channel.js';
import { XML_TIMEOUT } from './timeouts.js';
import type { Outcome } from './transfer-outcome.js';

/** Agents ask for 4 KiB to 2 MiB; more would only cost memory. */
const LARGEST_PACKET = 0x1000000;

/**
 * DOWNLOAD-FILE: gives the phone the file it asks for, in chunks of the size it wants. Ends the transfer in the way the
 * protocol has when the source fails or the job is to stop; CMD:END has the last word in every case.
 * @throws UnbrickError for a broken conversation only
 * See docs/protocol/xml-agent.md, "DOWNLOAD-FILE".
 */
export async function sendFile(channel: XmlChannel, request: FileRequest, desk: Desk): Promise<Outcome> {
  const { source } = desk;
  if (!source || request.path !== source.path || source.data.given) {
    await channel.sendText(XmlAck.ERR);
    return { seen: `the agent asked for a file that was not offered: ${quoted(request.path)}` };
  }
  if (request.packetLength < 1 || request.packetLength > LARGEST_PACKET) {
    await channel.sendText(XmlAck.ERR);
    return { seen: `the agent asked for packets of ${request.packetLength} bytes` };
  }
  const reader = new ChunkReader(source.data, source.length, request.packetLength, xmlChunkSum);
  try {
    await channel.sendOk();
    await channel.sendText(`${XmlAck.OK}@${hex(source.length)}`);
    const room = await channel.ack({ ...wait(desk), what: 'the answer to the size of the file' });
    if (!room.ok) return { seen: `the agent answered ${quoted(room.text)} to a size of ${source.length} bytes` };
    return await sendChunks(channel, reader, request, desk);
  } finally {
    await reader.close();
  }
}

async function sendChunks(
  channel: XmlChannel,
  reader: ChunkReader,
  { checksummed }: FileRequest,
  desk: Desk,
): Promise<Outcome> {
  const { stop, onBytes } = desk;
  let done = 0;
  let next = settle(reader.next());
  for (;;) {
    const outcome = await next;
    if ('failure' in outcome) {
      await channel.sendText(XmlAck.ERR);
      return { failure: outcome.failure };
    }
    const { chunk } = outcome;
    if (!chunk) return { complete: true };
    if (stop?.aborted) {
      await channel.sendText(XmlAck.CANCEL);
      return { failure: stop.reason };
    }
    // The source is read, and the next checksum made, while this chunk is on the wire and the phone takes it in.
    next = settle(reader.next());
    await channel.sendText(`${XmlAck.OK}@${hex(checksummed ? chunk.checksum : 0)}`);
    const ready = await channel.ack({ ...wait(desk), what: `the go-ahead for the chunk at byte ${done}` });
    if (!ready.ok) return refusedAt(done, ready.text);
    await channel.sendData(chunk.bytes);
    const stored = await channel.ack({ ...wait(desk), what: `the answer to the chunk at byte ${done}` });
    if (!stored.ok) return refusedAt(done, stored.text);
    done += chunk.bytes.length;
    onBytes?.(done);
  }
}

/** Programming runs behind the link, so the bad chunk may be an earlier one. */
function refusedAt(done: number, text: string): Outcome {
  return {
    seen: `the agent answered ${quoted(text)} at byte ${done}; an earlier chunk may be the one that failed`,
    inData: true,
  };
}

function wait({ stage }: Desk) {
  return { timeoutMs: XML_TIMEOUT.chunk, stage };
}

type Settled = { chunk: Chunk | undefined } | { failure: unknown };

/** A promise that never rejects: the outcome is looked at later, when the chunk before it is done. */
function settle(work: Promise<Chunk | undefined>): Promise<Settled> {
  return work.then(
    (chunk) => ({ chunk }),
    (failure: unknown) => ({ failure }),
  );
}
