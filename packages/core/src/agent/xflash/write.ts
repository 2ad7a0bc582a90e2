import { ascii, encode, u64, XflashCommand, XflashStatus, xflashChunkSum } from '../../wire/index.js';
import type { TransferOptions } from '../agent.js';
import { type Chunk, ChunkReader } from '../frames/chunk-reader.js';
import { beginCommand } from './command.js';
import type { XflashChannel } from './frame.js';
import { describeTarget, type FlashTarget, flashBlock } from './sections.js';
import { describeStatus, refused } from './status.js';
import { XFLASH_TIMEOUT } from './timeouts.js';

/** What a write needs to know besides its place. */
export interface WriteJob extends TransferOptions {
  /** Exactly the bytes to write, in pieces of any size. */
  data: AsyncIterable<Uint8Array>;
  /** Bytes a chunk, at most the agent's write packet length. */
  chunkLength: number;
}

/**
 * WRITE_DATA: raw bytes to an address.
 * @throws UnbrickError `PARTITION_TABLE_NEEDED` for the user area of a card without GPT; `AGENT_REFUSED` and relatives; the
 * source's and the channel's errors
 * See docs/protocol/xflash-agent.md, "WRITE_DATA".
 */
export function writeTarget(channel: XflashChannel, target: FlashTarget, job: WriteJob): Promise<void> {
  const what = `to write ${describeTarget(target)}`;
  return sendStream(channel, target.length, what, job, async () => {
    await beginCommand(channel, XflashCommand.WRITE_DATA, 'write');
    await channel.send(flashBlock(target));
  });
}

/**
 * DOWNLOAD: an image by name. The agent finds the place, takes Android sparse images apart, and makes the device header of
 * `preloader`. `PGPT` and `SGPT` work on a card without partition table.
 * @throws as {@link writeTarget}
 * See docs/protocol/xflash-agent.md, "DOWNLOAD".
 */
export function downloadImage(channel: XflashChannel, name: string, length: number, job: WriteJob): Promise<void> {
  return sendStream(channel, length, `to write ${name} (${length} bytes)`, job, async () => {
    await beginCommand(channel, XflashCommand.DOWNLOAD, 'write');
    await channel.send(ascii(name));
    await channel.send(encode(u64, 'little', length));
  });
}

/** Opens the command with `begin`, then moves all chunks. The source is always let go of. */
async function sendStream(
  channel: XflashChannel,
  length: number,
  what: string,
  job: WriteJob,
  begin: () => Promise<void>,
): Promise<void> {
  const reader = new ChunkReader(job.data, length, job.chunkLength, xflashChunkSum);
  try {
    job.stop?.throwIfAborted();
    // Before the command: a source that fails at once must not leave a trace on the phone.
    const first = settle(reader.next());
    await first.then(unwrap);
    await begin();
    const wait = {
      timeoutMs: XFLASH_TIMEOUT.parameters,
      what: 'the status of the write range',
      stage: 'write' as const,
    };
    const status = await channel.status(wait);
    if (status !== 0) throw refused(status, { stage: 'write', what });
    await sendChunks(channel, reader, first, what, job);
  } finally {
    await reader.close();
  }
}

async function sendChunks(
  channel: XflashChannel,
  reader: ChunkReader,
  first: Promise<Settled>,
  what: string,
  { onBytes, stop }: WriteJob,
): Promise<void> {
  let done = 0;
  let next = first;
  for (;;) {
    let chunk: Chunk | undefined;
    try {
      chunk = unwrap(await next);
      if (chunk) stop?.throwIfAborted();
    } catch (cause) {
      await abort(channel);
      throw cause;
    }
    if (!chunk) break;
    // The source is read, and the next checksum made, while this chunk is on the wire and the phone takes it in.
    next = settle(reader.next());
    await channel.sendChunk([XflashStatus.OK, chunk.checksum], chunk.bytes);
    const status = await channel.status({ ...CHUNK_WAIT, what: `the status of the chunk at byte ${done}` });
    if (status !== 0) throw await failed(channel, status, done, what);
    done += chunk.bytes.length;
    onBytes?.(done);
  }
  const final = await channel.status({ ...CHUNK_WAIT, what: 'the final status of the write' });
  if (final !== 0) throw refused(final, { stage: 'write', what, evidence: ['all data had arrived before'] });
}

const CHUNK_WAIT = { timeoutMs: XFLASH_TIMEOUT.chunk, stage: 'write' } as const;

/** A bad chunk status is followed by the final one, which must be taken before the next command. */
async function failed(channel: XflashChannel, status: number, done: number, what: string): Promise<Error> {
  const final = await channel.status({ ...CHUNK_WAIT, what: 'the final status of the failed write' });
  const evidence = [`the chunk at byte ${done} failed; programming runs behind, so an earlier one may be the bad one`];
  if (final !== status) evidence.push(`final status ${describeStatus(final)}`);
  return refused(status, { stage: 'write', what, evidence });
}

/**
 * Ends a write between two chunks. The value must have its top bit set: with a small positive number the agent writes
 * memory garbage far past the partition.
 */
async function abort(channel: XflashChannel): Promise<void> {
  await channel.sendWords(XflashStatus.ABORT);
  await channel.status({ ...CHUNK_WAIT, what: 'the final status of the stopped write' });
}

type Settled = { chunk: Chunk | undefined } | { failure: unknown };

/** A promise that never rejects: the outcome is looked at later, when the chunk before it is done. */
function settle(work: Promise<Chunk | undefined>): Promise<Settled> {
  return work.then(
    (chunk) => ({ chunk }),
    (failure: unknown) => ({ failure }),
  );
}

function unwrap(outcome: Settled): Chunk | undefined {
  if ('failure' in outcome) throw outcome.failure;
  return outcome.chunk;
}
