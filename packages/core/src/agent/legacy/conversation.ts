import { type Stage, UnbrickError } from '../../errors/unbrick-error.js';
import { type Link, LinkClosedError, LinkTimeoutError } from '../../link/link.js';
import { decode, encode, hex, hexBytes, LegacyByte, u8, u16, u32 } from '../../wire/index.js';
import { explainWord, nameOfWord } from './status-words.js';
import type { LegacyTimeouts } from './timeouts.js';

/** What a conversation says about itself when something goes wrong. */
export interface Doing {
  stage: Stage;
  /** Continues "while ...": `writing 4096 bytes to user at 0x8000`. */
  what: string;
}

const REPLUG = 'Unplug the cable, hold the power key for 15 seconds, plug in again and repeat.';

/**
 * The fields of the legacy protocol over a link: big-endian words, ACK or NACK with an error word, every wait bounded, every
 * failure named with the stage and the operation it happened in (docs/protocol/legacy-agent.md, "ground rules").
 */
export class Conversation {
  readonly link: Link;
  readonly timeouts: Readonly<LegacyTimeouts>;
  doing: Doing = { stage: 'agent', what: 'starting the agent' };

  constructor(link: Link, timeouts: Readonly<LegacyTimeouts>) {
    this.link = link;
    this.timeouts = timeouts;
  }

  /** @throws UnbrickError `PHONE_GONE` */
  async send(...parts: Uint8Array[]): Promise<void> {
    try {
      await this.link.write(...parts);
    } catch (error) {
      throw this.#placed(error);
    }
  }

  sendByte(value: number): Promise<void> {
    return this.send(Uint8Array.of(value));
  }

  sendU32(value: number): Promise<void> {
    return this.send(encode(u32, 'big', value));
  }

  /** Exactly `count` bytes. @throws UnbrickError `PHONE_SILENT`, `PHONE_GONE` */
  async bytes(count: number, what: string, timeoutMs = this.timeouts.field): Promise<Uint8Array> {
    try {
      return await this.link.read(count, { timeoutMs, what });
    } catch (error) {
      throw this.#placed(error);
    }
  }

  async byte(what: string, timeoutMs?: number): Promise<number> {
    return decode(u8, 'big', await this.bytes(1, what, timeoutMs));
  }

  async u16(what: string, timeoutMs?: number): Promise<number> {
    return decode(u16, 'big', await this.bytes(2, what, timeoutMs));
  }

  async u32(what: string, timeoutMs?: number): Promise<number> {
    return decode(u32, 'big', await this.bytes(4, what, timeoutMs));
  }

  /** One declared layout. @throws UnbrickError `AGENT_OUT_OF_STEP` when the bytes cannot be such a layout */
  async layout<T>(
    layout: { readonly size: number; parse(bytes: Uint8Array): T },
    what: string,
    timeoutMs?: number,
  ): Promise<T> {
    const raw = await this.bytes(layout.size, what, timeoutMs);
    try {
      return layout.parse(raw);
    } catch (cause) {
      throw this.outOfStep(`${what} cannot be ${hexBytes(raw)}`, cause);
    }
  }

  /**
   * An ACK, or a NACK with its error word.
   * @throws UnbrickError as {@link explainWord} tells on NACK, `AGENT_OUT_OF_STEP` on anything else
   */
  async ack(what: string, timeoutMs?: number): Promise<void> {
    const answer = await this.byte(what, timeoutMs);
    if (answer === LegacyByte.ACK) return;
    if (answer === LegacyByte.NACK) throw this.refused(await this.u32('the error word of the agent'));
    throw this.outOfStep(`${what} was ${hex(answer, 2)}, neither ACK nor NACK`);
  }

  /** Reads what has arrived already, without waiting. Never throws for silence. */
  async leftovers(waitMs = 0): Promise<Uint8Array> {
    try {
      return await this.link.readAvailable(waitMs);
    } catch (error) {
      throw this.#placed(error);
    }
  }

  refused(word: number): UnbrickError {
    const { code, message, next } = explainWord(word);
    const { stage, what } = this.doing;
    return new UnbrickError({
      code,
      stage,
      message: message ?? `The agent on the phone refused while ${what}.`,
      evidence: [`while ${what} the agent answered ${nameOfWord(word)}`],
      next,
    });
  }

  outOfStep(seen: string, cause?: unknown): UnbrickError {
    return new UnbrickError({
      code: 'AGENT_OUT_OF_STEP',
      stage: this.doing.stage,
      message: `The phone and this program lost step while ${this.doing.what}.`,
      evidence: [seen],
      next: [
        REPLUG,
        'If it happens again, repeat with --trace FILE and report the file: the agent may speak a dialect that is not known yet.',
      ],
      cause,
    });
  }

  /** Gives an error of the link the stage and the operation; hard stops and everything else pass as they are. */
  #placed(error: unknown): unknown {
    if (error instanceof LinkTimeoutError || error instanceof LinkClosedError) {
      return error.with({ stage: this.doing.stage, evidence: [`it happened while ${this.doing.what}`] });
    }
    return error;
  }
}

/** Whether the agent cannot be talked to any more after this error: no clean-up may be tried. */
export function conversationIsOver(error: unknown): boolean {
  return !(error instanceof UnbrickError) || ['PHONE_GONE', 'PHONE_SILENT', 'AGENT_OUT_OF_STEP'].includes(error.code);
}
