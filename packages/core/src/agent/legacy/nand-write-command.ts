import { UnbrickError } from '../../errors/unbrick-error.js';
import type { Extent, NandGeometry, StorageInfo } from '../../storage/storage.js';
import { hex, LegacyAddressType, LegacyCommand, LegacyNandProgramFlag, LegacyNandWriteData } from '../../wire/index.js';
import type { TransferOptions } from '../agent.js';
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
 * Addresses are logical: the agent puts good blocks in place of bad ones and computes the error correction.
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
  const blocks = Math.ceil(extent.length / nand.eraseBlock);
  const tail = await tailBehind(talk, storage, end, extent.start + blocks * nand.eraseBlock, nand.pageSize);
  const length = extent.length + tail.length;
  const frames = new PacketFrames(withTail(data, extent.length, tail), length, nand.eraseBlock);
  try {
    // Before the erase: a source that fails at once must not cost the phone anything.
    const first = await frames.next();
    options.stop?.throwIfAborted();
    await eraseExtent(talk, storage, { ...extent, length: blocks * nand.eraseBlock });
    talk.doing = { stage: 'write', what: `writing ${describeExtent(extent)}` };
    await talk.send(
      Uint8Array.of(LegacyCommand.NAND_WRITE_DATA),
      LegacyNandWriteData.build({
        addressType: LegacyAddressType.LOGICAL,
        programFlag: LegacyNandProgramFlag.PAGE,
        startBlock: extent.start / nand.eraseBlock,
        blockCount: blocks,
        packetLength: nand.eraseBlock,
        dataLength: length,
      }),
    );
    await talk.ack('the acknowledgement of the write');
    const { onBytes } = options;
    await sendPackets(talk, first, frames, {
      ...options,
      ...(onBytes ? { onBytes: (bytes) => onBytes(Math.min(bytes, extent.length)) } : {}),
    });
  } finally {
    await frames.end();
  }
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

/** What has to be programmed behind the data: the filling of its last page, and what the last block held before. */
async function tailBehind(
  talk: Conversation,
  storage: StorageInfo,
  end: number,
  blockEnd: number,
  pageSize: number,
): Promise<Uint8Array> {
  const tail = new Uint8Array(blockEnd - end);
  let at = 0;
  for await (const piece of readExtent(talk, storage, { region: 'nand', start: end, length: tail.length })) {
    tail.set(piece, at);
    at += piece.length;
  }
  // Pages that are erased anyway need no programming.
  let used = tail.length;
  while (used > 0 && tail[used - 1] === ERASED) used--;
  return tail.subarray(0, Math.ceil((end + used) / pageSize) * pageSize - end);
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
