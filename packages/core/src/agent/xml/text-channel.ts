import { ascii, XML_MAX_TEXT, XmlAck } from '../../wire/index.js';
import { FrameChannel, type Wait } from '../frames/frame-channel.js';

/** A short text that answers another: `OK`, `OK@0x1800`, `ERR`, `ERR!CANCEL`. */
export interface Acknowledgement {
  ok: boolean;
  text: string;
  /** The number after `@`; `undefined` when there is none. Beyond 2^53 it is rounded: no real size is so large. */
  value: number | undefined;
}

/** How much of a text is quoted as evidence. */
const QUOTED = 120;

/** Frames as the XML protocol uses them: texts with one NUL at the end, and raw data. See docs/protocol/xml-agent.md, "Frames". */
export class XmlChannel extends FrameChannel {
  /** A request that came where an acknowledgement was due: the phone has gone on, and it is next. */
  #early: string | undefined;

  /** In two writes, as MediaTek's hosts do: nothing says that agents take a header and its text from one USB packet. */
  sendText(text: string): Promise<void> {
    return this.sendApart(withNul(text));
  }

  /** One chunk of a file. */
  sendData(data: Uint8Array): Promise<void> {
    return this.sendApart(data);
  }

  sendOk(): Promise<void> {
    return this.sendText(XmlAck.OK);
  }

  /** The next text, as long as a text may be; tolerates a missing NUL. */
  async text(wait: Wait): Promise<string> {
    const early = this.#early;
    this.#early = undefined;
    if (early !== undefined) return early;
    const payload = await this.receive(XML_MAX_TEXT, wait);
    const end = payload.indexOf(0);
    return new TextDecoder().decode(end < 0 ? payload : payload.subarray(0, end));
  }

  /**
   * The next text, which must be an acknowledgement. A request of the phone in its place means that the phone has ended what
   * was going on: it counts as a failure and stays to be read.
   */
  async ack(wait: Wait): Promise<Acknowledgement> {
    const text = await this.text(wait);
    if (text.startsWith('<')) {
      this.#early = text;
      return { ok: false, text, value: undefined };
    }
    const ok = text.startsWith(XmlAck.OK);
    if (!ok && !text.startsWith(XmlAck.ERR)) this.fail(wait, `it sent ${quoted(text)}`);
    return { ok, text, value: numberIn(text) };
  }
}

/** The text as evidence: printable, and not too much of it. */
export function quoted(text: string): string {
  const printable = text.replace(/[^\x20-\x7e]/g, (character) => (/\s/.test(character) ? ' ' : '?'));
  return JSON.stringify(printable.length > QUOTED ? `${printable.slice(0, QUOTED)}…` : printable);
}

/** Commands and paths of this program are ASCII; anything else that gets into one goes as UTF-8. */
function withNul(text: string): Uint8Array {
  return /^[\0-\x7f]*$/.test(text) ? ascii(`${text}\0`) : new TextEncoder().encode(`${text}\0`);
}

/** A small `0x` makes it hexadecimal, everything else is decimal, as the phones read it. */
function numberIn(text: string): number | undefined {
  const digits = text.split('@')[1];
  return digits !== undefined && /^(0x[0-9a-fA-F]{1,16}|[0-9]{1,20})$/.test(digits) ? Number(digits) : undefined;
}
