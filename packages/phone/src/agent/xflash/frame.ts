/**
 * The frame layer as the agents have it: docs/protocol/xflash-agent.md, "Frame layer".
 *
 * The device checks the magic and that a frame fits the buffer of the value it reads at that moment, nothing else: the data
 * type is ignored and shorter frames are taken. Nothing is reported and nothing re-synchronises.
 */
import {
  ascii,
  concat,
  decode,
  encode,
  u32,
  XFLASH_MAGIC,
  XFLASH_SYNC,
  XflashFrameHeader,
  XflashFrameType,
  XflashStatus,
} from '@unbrick/core/wire';
import type { DeviceWire } from '../../device/wire.js';
import { AnsweredAsPlanned, type PlannedAnswers } from '../../planned-answers.js';

/** A frame that the agent cannot take. The payload, if any, stays unread in the stream. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  constructor(
    /** The agent's own name for it; seldom sent. */
    readonly status: number,
  ) {
    super(`unusable frame: 0x${status.toString(16)}`);
  }
}

/** Bytes of a parameter buffer that the host did not fill: what happened to lie on the agent's stack. */
const STACK_RUBBISH = 0xa5;

const LOG_PRIORITY = 1;

/** No agent has memory for a longer value, whatever length the host announces. */
const LARGEST_VALUE = 64 << 20;

/** One agent's side of the framed byte stream. */
export class FrameChannel {
  /** Type-2 text frames go out when this is set (environment: log channel has the USB bit). */
  logging = false;

  constructor(
    readonly wire: DeviceWire,
    readonly answers: PlannedAnswers,
  ) {}

  /** Reads a header; resolves to the payload length that follows. @throws FrameError */
  async receiveHeader(limit: number): Promise<number> {
    const header = XflashFrameHeader.parse(await this.wire.read(XflashFrameHeader.size));
    if (header.magic !== XFLASH_MAGIC) throw new FrameError(XflashStatus.PROTOCOL_ERROR);
    if (header.length > limit) throw new FrameError(XflashStatus.PROTOCOL_BUFFER_OVERFLOW);
    return header.length;
  }

  /** One frame of at most `limit` bytes. @throws FrameError */
  async receive(limit: number): Promise<Uint8Array> {
    const length = await this.receiveHeader(Math.min(limit, LARGEST_VALUE));
    if (length === 0) return new Uint8Array(0);
    const payload = new Uint8Array(length);
    await this.receiveInto(payload);
    return payload;
  }

  /** Fills `target` with payload bytes, piece by piece as they come: for bulk data after {@link receiveHeader}. */
  async receiveInto(target: Uint8Array): Promise<void> {
    let filled = 0;
    while (filled < target.length) {
      const piece = await this.wire.readSome(target.length - filled);
      target.set(piece, filled);
      filled += piece.length;
    }
  }

  /** A command code, acknowledgement or checksum. Bytes that are not sent are zero. @throws FrameError */
  async receiveWord(): Promise<number> {
    const word = new Uint8Array(4);
    word.set(await this.receive(4));
    return decode(u32, 'little', word);
  }

  /**
   * A parameter block of `size` bytes. Missing bytes are rubbish, and so is the whole block after a frame that cannot be
   * taken: the agents do not look at that error and go on.
   */
  async receiveBlock(size: number): Promise<Uint8Array> {
    const block = new Uint8Array(size).fill(STACK_RUBBISH);
    block.set(await this.receive(size).catch(ignoreFrameError));
    return block;
  }

  /** A parameter of varying length (a name, a signature); empty after a frame that cannot be taken. */
  async receiveText(limit: number): Promise<Uint8Array> {
    return this.receive(limit).catch(ignoreFrameError);
  }

  /** A parameter of one word; rubbish after a frame that cannot be taken. */
  async receiveParameter(): Promise<number> {
    return decode(u32, 'little', await this.receiveBlock(4));
  }

  /** @throws AnsweredAsPlanned when another status was planned for this phone */
  async status(value: number): Promise<void> {
    const planned = this.answers.word();
    await this.send(encode(u32, 'little', planned ?? value));
    if (planned !== undefined) throw new AnsweredAsPlanned(planned);
  }

  async sync(): Promise<void> {
    await this.send(encode(u32, 'little', XFLASH_SYNC));
  }

  /** Header and payload are two transfers, as on a real phone; a host must not rely on their borders. */
  async send(payload: Uint8Array, type: number = XflashFrameType.PROTOCOL): Promise<void> {
    await this.wire.write(XflashFrameHeader.build({ magic: XFLASH_MAGIC, type, length: payload.length }));
    if (payload.length > 0) await this.wire.write(payload);
  }

  /** A line of the agent's log, as a type-2 frame when the host asked for them. */
  async print(line: string): Promise<void> {
    if (!this.logging) return;
    await this.send(concat(encode(u32, 'little', LOG_PRIORITY), ascii(`${line}\r\n`)), XflashFrameType.LOG);
  }
}

function ignoreFrameError(error: unknown): Uint8Array {
  if (error instanceof FrameError) return new Uint8Array(0);
  throw error;
}
