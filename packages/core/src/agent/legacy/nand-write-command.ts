import { UnbrickError } from '../../errors/unbrick-error.js';
import type { Extent, NandGeometry, StorageInfo } from '../../storage/storage.js';
import { hex, LegacyAddressType, LegacyCommand, LegacyNandProgramFlag, LegacyNandWriteData } from '../../wire/index.js';
import type { TransferOptions } from '../agent.js';
import { gather, once } from '../byte-stream.js';
import type { Conversation } from './conversation.js';
import { eraseExtent } from './erase-command.js';
import { PacketFrames, wrongDataLength } from './packet-frames.js';
import { readExtent } from './read-command.js';
import { describeExtent } from './regions.js';
import { sendPackets } from './write-command.js';

/** What an erased NAND reads as; programming turns ones into zeros only. */
const ERASED = 0xff;

/**
 * Writes raw bytes to an extent of a NAND that begins at an erase block (docs/protocol/legacy-agent.md, "NAND_WRITE_DATA").
 * Blocks are erased before they are programmed; what lies behind the extent in its last block is read first and put back.
 * Pages at the end of a block that stay as erasing leaves them are not programmed: file systems for NAND fill them later, and
 * a page can be programmed once only. Addresses are logical: the agent puts good blocks in place of bad ones and computes the
 * error correction.
 */
export async function writeNandExtent(
  talk: Conversation,
  storage: StorageInfo,
  extent: Extent,
  data: AsyncIterable<Uint8Array>,
  options: TransferOptions = {},
): Promise<void> {
  const nand = geometryOf(storage);
  const end = extent.start + extent.length;
  const length = Math.ceil(extent.length / nand.eraseBlock) * nand.eraseBlock;
  // What the last block holds behind the write.
  const behind: Extent = { region: 'nand', start: end, length: length - extent.length };
  const tail = await gather(readExtent(talk, storage, behind));
  const blocks = inBlocks(withTail(data, extent.length, tail), nand.eraseBlock);
  try {
    // Before the erase: a source that fails at once must not cost the phone anything.
    let block = await blocks.next();
    options.stop?.throwIfAborted();
    await eraseExtent(talk, storage, { ...extent, length });
    talk.doing = { stage: 'write', what: `writing ${describeExtent(extent)}` };
    for (let at = extent.start; !block.done; at += nand.eraseBlock) {
      options.stop?.throwIfAborted();
      // The next block is fetched while the phone writes this one; a failure is met where it is awaited.
      const upcoming = blocks.next();
      upcoming.catch(() => {});
      await writeBlock(talk, nand, at, block.value, options.stop);
      options.onBytes?.(Math.min(at + nand.eraseBlock, end) - extent.start);
      block = await upcoming;
    }
  } finally {
    await endOf(blocks);
  }
}

/** One erased block, as far as it has content. */
async function writeBlock(
  talk: Conversation,
  { pageSize, eraseBlock }: NandGeometry,
  address: number,
  block: Uint8Array,
  stop: AbortSignal | undefined,
): Promise<void> {
  const last = block.findLastIndex((byte) => byte !== ERASED);
  const dataLength = Math.ceil((last + 1) / pageSize) * pageSize;
  if (dataLength === 0) return;
  const frames = new PacketFrames(once(block.subarray(0, dataLength)), dataLength, eraseBlock);
  await talk.send(
    Uint8Array.of(LegacyCommand.NAND_WRITE_DATA),
    LegacyNandWriteData.build({
      addressType: LegacyAddressType.LOGICAL,
      programFlag: LegacyNandProgramFlag.PAGE,
      startBlock: address / eraseBlock,
      blockCount: 1,
      packetLength: eraseBlock,
      dataLength,
    }),
  );
  await talk.ack('the acknowledgement of the write');
  await sendPackets(talk, await frames.next(), frames, stop ? { stop } : {});
}

/** @throws UnbrickError `EXTENT_INVALID` when a write or erase would begin inside an erase block */
export function checkNandStart(storage: StorageInfo, extent: Extent): void {
  const { eraseBlock } = geometryOf(storage);
  if (extent.start % eraseBlock === 0) return;
  throw new UnbrickError({
    code: 'EXTENT_INVALID',
    stage: 'agent',
    message: 'A NAND can only be written from the beginning of an erase block; nothing was sent to the phone.',
    evidence: [`asked for: ${describeExtent(extent)}`, `erase blocks have ${hex(eraseBlock)} bytes`],
    next: ['Use a firmware whose partition layout fits the storage of this phone.'],
  });
}

function geometryOf(storage: StorageInfo): NandGeometry {
  if (!storage.nand) throw new RangeError(`${storage.kind} storage has no NAND geometry`);
  return storage.nand;
}

/** The stream in pieces of whole blocks; it has no other length. */
async function* inBlocks(
  data: AsyncIterable<Uint8Array>,
  eraseBlock: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let block = new Uint8Array(eraseBlock);
  let filled = 0;
  for await (const piece of data) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + eraseBlock - filled);
      block.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < eraseBlock) continue;
      yield block;
      block = new Uint8Array(eraseBlock);
      filled = 0;
    }
  }
}

/** Tells the stream that no more is wanted. Its own complaints about that are of no interest. */
async function endOf(blocks: AsyncGenerator<Uint8Array, void, undefined>): Promise<void> {
  try {
    await blocks.return();
  } catch {
    // The transfer has its result already.
  }
}

async function* withTail(
  data: AsyncIterable<Uint8Array>,
  length: number,
  tail: Uint8Array,
): AsyncGenerator<Uint8Array, void, undefined> {
  let seen = 0;
  for await (const piece of data) {
    seen += piece.length;
    if (seen > length) throw wrongDataLength(length, 'it has more');
    yield piece;
  }
  if (seen < length) throw wrongDataLength(length, `it ended after ${seen} bytes`);
  yield tail;
}
