/**
 * The frame layer as the XML agents have it: docs/protocol/xml-agent.md, "Frame layer". The device checks the magic and that
 * a frame fits the buffer it reads into, nothing else; nothing is reported and nothing re-synchronises.
 */
import {
  ascii,
  concat,
  encode,
  u32,
  XFLASH_MAGIC,
  XflashFrameHeader,
  XflashFrameType,
  XML_MAX_ACK,
} from '@unbrick/core/wire';
import type { DeviceWire } from '../../device/wire.js';

/** A frame that the agent cannot take; its payload, if any, stays unread in the stream. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** What the host said to a request or a question: only the first two letters decide. */
export interface Acknowledgement {
  ok: boolean;
  /** The number behind the `@`, 0 when there is none. */
  value: number;
  /** The words behind each `@`. */
  words: readonly string[];
}

const LOG_PRIORITY = 1;

export class TextChannel {
  /** Type-2 text frames go out when this is set (run-time parameter: log channel USB). */
  logging = false;

  constructor(readonly wire: DeviceWire) {}

  /** Length of the payload that follows. @throws FrameError */
  async receiveHeader(limit: number): Promise<number> {
    const header = XflashFrameHeader.parse(await this.wire.read(XflashFrameHeader.size));
    if (header.magic !== XFLASH_MAGIC) throw new FrameError('no frame begins here');
    if (header.length > limit) throw new FrameError(`a frame of ${header.length} bytes where ${limit} are the most`);
    return header.length;
  }

  /** Fills `target` with the payload of a frame whose header has been read. */
  async receiveInto(target: Uint8Array): Promise<void> {
    for (let filled = 0; filled < target.length; ) {
      const piece = await this.wire.readSome(target.length - filled);
      target.set(piece, filled);
      filled += piece.length;
    }
  }

  /** A text of at most `limit` bytes, up to its NUL. @throws FrameError */
  async receiveText(limit: number): Promise<string> {
    const payload = new Uint8Array(await this.receiveHeader(limit));
    await this.receiveInto(payload);
    const end = payload.indexOf(0);
    return new TextDecoder().decode(end < 0 ? payload : payload.subarray(0, end));
  }

  /** @throws FrameError */
  async receiveAcknowledgement(): Promise<Acknowledgement> {
    const [head = '', ...words] = (await this.receiveText(XML_MAX_ACK)).split('@');
    return { ok: head.startsWith('OK'), value: parseNumber(words[0]), words };
  }

  /** One NUL follows each text and is counted. */
  async sendText(text: string): Promise<void> {
    await this.sendData(concat(new TextEncoder().encode(text), Uint8Array.of(0)));
  }

  /** Header and payload are two transfers, as on a real phone; a host must not rely on their borders. */
  async sendData(payload: Uint8Array, type: number = XflashFrameType.PROTOCOL): Promise<void> {
    await this.wire.write(XflashFrameHeader.build({ magic: XFLASH_MAGIC, type, length: payload.length }));
    if (payload.length > 0) await this.wire.write(payload);
  }

  /** A line of the agent's log, when the host asked for them on this cable. */
  async print(line: string): Promise<void> {
    if (!this.logging) return;
    await this.sendData(concat(encode(u32, 'little', LOG_PRIORITY), ascii(`${line}\r\n`)), XflashFrameType.LOG);
  }
}

/** The agents' own rule: lower-case `0x` begins hexadecimal, everything else is decimal. Rubbish is 0. */
export function parseNumber(text: string | undefined): number {
  if (text === undefined) return 0;
  const digits = /^0x([0-9a-fA-F]{1,16})/.exec(text);
  const value = digits ? Number.parseInt(digits[1] as string, 16) : Number.parseInt(text, 10);
  if (Number.isNaN(value) || value < 0) return 0;
  // Beyond any storage: whatever it is compared with is smaller.
  return Math.min(value, Number.MAX_SAFE_INTEGER);
}
