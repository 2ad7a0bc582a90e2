import { UnbrickError } from '../../errors/unbrick-error.js';
import type { Extent, StorageInfo } from '../../storage/storage.js';
import { decode, encode, hex, LegacyByte, LegacyCommand, LegacyRead, sum16, u16, u32 } from '../../wire/index.js';
import type { TransferOptions } from '../agent.js';
import { type Conversation, conversationIsOver } from './conversation.js';
import { describeExtent, storageNumber } from './regions.js';
import { selectPart } from './switch-part.js';

/** What every host uses for eMMC. */
const PACKET_SIZE = 0x100000;
/**
 * Longest run of one READ command. The protocol has no way to leave a READ early: its packets have to be taken to the end.
 * Shorter commands keep a stop below a second at USB 2.0 speed, and the few bytes of a further command cost nothing.
 */
const COMMAND_SIZE = 32 * PACKET_SIZE;
const MOST_RESENDS = 3;
/**
 * Makes the agent hand whole packets to its USB driver; with the other two values it cuts them into pieces of 1024 bytes
 * (docs/protocol/legacy-agent.md, "READ").
 */
const HOST_OS_WINDOWS = 0x0b;

/**
 * Reads an extent that was checked to lie in its region; start and length may be odd. One packet is taken from the phone
 * while the one before is in the hands of the consumer.
 */
export async function* readExtent(
  talk: Conversation,
  storage: StorageInfo,
  extent: Extent,
  options: TransferOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { blockSize } = storage;
  let skip = extent.start % blockSize;
  // NAND is read in whole pages; an eMMC agent cuts the last sector itself.
  const wholeEnd = Math.ceil((extent.start + extent.length) / blockSize) * blockSize;
  const end = storage.kind === 'nand' ? wholeEnd : extent.start + extent.length;
  let done = 0;
  for (let at = extent.start - skip; at < end && extent.length > 0; at += COMMAND_SIZE) {
    options.stop?.throwIfAborted();
    const run = { region: extent.region, start: at, length: Math.min(COMMAND_SIZE, end - at) };
    for await (const packet of readCommand(talk, storage, run, options.stop)) {
      const wanted = packet.subarray(skip, skip + extent.length - done);
      skip = 0;
      done += wanted.length;
      options.onBytes?.(done);
      yield wanted;
    }
  }
}

/** One READ command; leaves the agent in its command loop however the iteration ends. */
async function* readCommand(
  talk: Conversation,
  storage: StorageInfo,
  extent: Extent,
  stop: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  talk.doing = { stage: 'agent', what: `reading ${describeExtent(extent)}` };
  await selectPart(talk, storage, extent.region);
  talk.doing = { stage: 'agent', what: `reading ${describeExtent(extent)}` };
  const { start: address, length } = extent;
  await talk.send(
    Uint8Array.of(LegacyCommand.READ),
    LegacyRead.build({ hostOs: HOST_OS_WINDOWS, storage: storageNumber(storage.kind), address, length }),
  );
  await talk.ack('the acknowledgement of the read');
  await talk.send(encode(u32, 'big', PACKET_SIZE));
  let left = length;
  const next = (): Promise<Uint8Array> => {
    const size = Math.min(PACKET_SIZE, left);
    left -= size;
    const packet = readPacket(talk, size);
    // Its failure is met where it is awaited; until then it is nobody's.
    packet.catch(() => {});
    return packet;
  };
  let coming: Promise<Uint8Array> | undefined = next();
  let usable = true;
  try {
    while (coming) {
      const current: Promise<Uint8Array> = coming;
      coming = undefined;
      const packet = await current.catch((error) => {
        // After a packet that stayed damaged the command goes on; a refusal has ended it.
        usable = error instanceof UnbrickError && error.code === 'READ_DAMAGED';
        throw error;
      });
      if (left > 0) coming = next();
      stop?.throwIfAborted();
      yield packet;
    }
  } finally {
    // After a stop, or when the consumer has seen enough, the rest of this command is taken and dropped.
    if (usable) await drain(talk, left, coming);
  }
}

async function drain(talk: Conversation, bytes: number, coming: Promise<Uint8Array> | undefined): Promise<void> {
  try {
    await coming;
  } catch (error) {
    if (conversationIsOver(error)) throw error;
  }
  for (let left = bytes; left > 0; left -= PACKET_SIZE) {
    await talk.bytes(Math.min(PACKET_SIZE, left) + 2, 'the rest of the read', talk.timeouts.packetRead);
    await talk.sendByte(LegacyByte.ACK);
  }
}

/** One packet with its checksum, asked for again when it does not fit, then acknowledged. */
async function readPacket(talk: Conversation, size: number): Promise<Uint8Array> {
  for (let attempt = 0; ; attempt++) {
    const raw = await packetOrRefusal(talk, size + 2);
    const data = raw.subarray(0, size);
    const theirs = decode(u16, 'big', raw, size);
    const ours = sum16(data);
    if (ours === theirs) {
      await talk.sendByte(LegacyByte.ACK);
      return data;
    }
    if (attempt === MOST_RESENDS) {
      // Acknowledged all the same: only then can the command be brought to its end.
      await talk.sendByte(LegacyByte.ACK);
      throw damaged(talk, ours, theirs);
    }
    await talk.sendByte(LegacyByte.NACK);
  }
}

/** An agent whose memory chip fails sends NACK and an error word in place of a packet, and nothing after them. */
async function packetOrRefusal(talk: Conversation, length: number): Promise<Uint8Array> {
  try {
    return await talk.bytes(length, 'a packet of the read', talk.timeouts.packetRead);
  } catch (error) {
    if (!(error instanceof UnbrickError) || error.code !== 'PHONE_SILENT') throw error;
    const came = await talk.leftovers();
    if (came.length === 1 + u32.size && came[0] === LegacyByte.NACK) throw talk.refused(decode(u32, 'big', came, 1));
    throw error;
  }
}

function damaged(talk: Conversation, ours: number, theirs: number): UnbrickError {
  return new UnbrickError({
    code: 'READ_DAMAGED',
    stage: talk.doing.stage,
    message: 'Data from the phone arrived damaged, again and again.',
    evidence: [
      `checksum of the received packet ${hex(ours, 4)}, announced ${hex(theirs, 4)}, in ${MOST_RESENDS + 1} attempts`,
      `it happened while ${talk.doing.what}`,
    ],
    next: ['Use another cable and another USB port, without a hub, and repeat.'],
  });
}
