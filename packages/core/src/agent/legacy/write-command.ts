import { UnbrickError } from '../../errors/unbrick-error.js';
import type { Extent, StorageInfo } from '../../storage/storage.js';
import {
  encode,
  hex,
  LegacyByte,
  LegacyCommand,
  LegacyError,
  LegacyWriteData,
  SPARSE_MAGIC,
  u32,
} from '../../wire/index.js';
import type { TransferOptions } from '../agent.js';
import { once } from '../byte-stream.js';
import type { Conversation } from './conversation.js';
import { PacketFrames } from './packet-frames.js';
import { readExtent } from './read-command.js';
import { describeExtent, partNumber } from './regions.js';
import { EMMC_BLOCK } from './storage-of-report.js';
import { selectPart } from './switch-part.js';

/** What every host uses for eMMC. */
export const WRITE_PACKET_SIZE = 0x100000;
const MOST_RESENDS = 3;
/** The agent compares the checksum of each packet with what arrived in its memory. */
const CHECK_IN_MEMORY = 1;
const SPARSE_START = encode(u32, 'little', SPARSE_MAGIC);

/**
 * Writes raw bytes to an extent that was checked to lie in its region and to start on a block
 * (docs/protocol/legacy-agent.md, "SDMMC_WRITE_DATA"). The length may be odd: the agent keeps the rest of the last block.
 *
 * The agent unpacks a stream that begins like an Android sparse image. Raw bytes that happen to begin so (a backup of a
 * partition that somebody flashed wrongly) are written with another first byte, which is put right by a write of that one
 * byte; then the first block is read back to prove it.
 */
export async function writeExtent(
  talk: Conversation,
  storage: StorageInfo,
  extent: Extent,
  data: AsyncIterable<Uint8Array>,
  options: TransferOptions = {},
): Promise<void> {
  const frames = new PacketFrames(data, extent.length, WRITE_PACKET_SIZE);
  let disguised: Uint8Array | undefined;
  const disguise = (first: Uint8Array) => {
    if (!SPARSE_START.every((byte, i) => first[i] === byte)) return;
    disguised = first.slice(0, EMMC_BLOCK);
    first[0] = 0;
  };
  try {
    const first = await frames.next(disguise);
    await writeCommand(talk, storage, extent, first, frames, options);
  } finally {
    await frames.end();
  }
  if (disguised) await undisguise(talk, storage, extent, disguised);
}

async function writeCommand(
  talk: Conversation,
  storage: StorageInfo,
  extent: Extent,
  first: Uint8Array | undefined,
  frames: PacketFrames,
  options: TransferOptions,
): Promise<void> {
  options.stop?.throwIfAborted();
  talk.doing = { stage: 'write', what: `writing ${describeExtent(extent)}` };
  await selectPart(talk, storage, extent.region);
  await talk.send(
    Uint8Array.of(LegacyCommand.SDMMC_WRITE_DATA),
    LegacyWriteData.build({
      checksumLevel: CHECK_IN_MEMORY,
      part: partNumber(storage, extent.region),
      address: extent.start,
      length: extent.length,
      packetSize: WRITE_PACKET_SIZE,
    }),
  );
  await talk.ack('the acknowledgement of the write');
  await sendPackets(talk, first, frames, options);
}

/**
 * The packets of a write command that the agent has accepted, each sent once the one before is on the flash
 * (docs/protocol/legacy-agent.md, "SDMMC_WRITE_DATA"). NAND_WRITE_DATA takes them in the same form.
 */
export async function sendPackets(
  talk: Conversation,
  first: Uint8Array | undefined,
  frames: PacketFrames,
  { onBytes, stop }: TransferOptions,
): Promise<void> {
  let done = 0;
  // Between packets, and after a refusal too, the agent waits for the next packet or for STOP.
  let agentWaits = true;
  try {
    let frame = first;
    while (frame) {
      stop?.throwIfAborted();
      agentWaits = false;
      await talk.send(frame);
      // The next packet is fetched while the phone writes this one; a failure is met where it is awaited.
      const upcoming: Promise<Uint8Array | undefined> = frames.next();
      upcoming.catch(() => {});
      const refusal = await packetWritten(talk, frame, done);
      agentWaits = true;
      if (refusal) throw refusal;
      done += frame.length - 3;
      onBytes?.(done);
      frame = await upcoming;
    }
  } catch (error) {
    // STOP ends the command without a reply; the agent is usable again.
    if (agentWaits) await talk.sendByte(LegacyByte.STOP);
    throw error;
  }
}

/**
 * Waits until a packet is on the flash; sends it again when it arrived damaged.
 * @returns the agent's refusal, if it refuses
 */
async function packetWritten(talk: Conversation, frame: Uint8Array, done: number): Promise<UnbrickError | undefined> {
  for (let attempt = 0; ; attempt++) {
    const answer = await talk.byte('the acknowledgement of a packet', talk.timeouts.packetWritten);
    if (answer === LegacyByte.CONT) return undefined;
    if (answer !== LegacyByte.NACK) throw talk.outOfStep(`a packet was answered with ${hex(answer, 2)}`);
    const word = await talk.u32('the error word of the agent');
    if (word !== LegacyError.DA_DATA_CHECKSUM_ERROR || attempt === MOST_RESENDS) {
      const attempts = attempt > 0 ? [`the packet was sent ${attempt + 1} times`] : [];
      return talk.refused(word).with({ evidence: [`${done} bytes had been written before`, ...attempts] });
    }
    await talk.send(frame);
  }
}

async function undisguise(
  talk: Conversation,
  storage: StorageInfo,
  extent: Extent,
  firstBlock: Uint8Array,
): Promise<void> {
  const oneByte = { ...extent, length: 1 };
  const frames = new PacketFrames(once(firstBlock.slice(0, 1)), 1, WRITE_PACKET_SIZE);
  await writeCommand(talk, storage, oneByte, await frames.next(), frames, {});
  let at = 0;
  for await (const piece of readExtent(talk, storage, { ...extent, length: firstBlock.length })) {
    const differs = piece.findIndex((byte, i) => byte !== firstBlock[at + i]);
    if (differs >= 0) throw disguiseFailed(extent, at + differs);
    at += piece.length;
  }
}

function disguiseFailed(extent: Extent, offset: number): UnbrickError {
  return new UnbrickError({
    code: 'WRITE_MISMATCH',
    stage: 'write',
    message: 'The agent did not store the bytes it was given.',
    evidence: [
      `${describeExtent(extent)}: byte ${offset} differs when read back`,
      'the data begin like an Android sparse image, which this agent unpacks instead of storing it',
    ],
    next: ['If this is meant to be a sparse image, flash it as an image: it is unpacked then.'],
  });
}
