import { type Stage, UnbrickError } from '../../errors/unbrick-error.js';
import type { Link } from '../../link/link.js';
import { concat, hexBytes, XFLASH_MAGIC, XflashFrameHeader, XflashFrameType } from '../../wire/index.js';
import { AgentLog } from './agent-log.js';

/** What is being waited for; `stage` names the job for the error. */
export interface Wait {
  timeoutMs: number;
  /** "the status of chunk 3": completes "did not send …". */
  what: string;
  stage?: Stage;
}

/** Log lines are short; a longer "log frame" is noise. */
const LOG_LIMIT = 0x10000;
/** Frames up to this size leave in the same write as their header. */
const JOINED_LIMIT = 0x200;

const FRESH_START = [
  'Unplug the cable, hold the power key for 15 seconds, plug in again and repeat.',
  'Try another cable and another USB port, without a hub.',
];

/**
 * The frame layer that XFlash and XML agents share, over a link: sends frames, receives the next protocol frame, and takes
 * log frames out of the stream wherever they stand. There is no re-synchronisation in these protocols: after a failure here
 * (not after a refusal) every later call throws `AGENT_OUT_OF_STEP`. See docs/protocol/xflash-agent.md, "Frame layer".
 */
export class FrameChannel {
  readonly log: AgentLog;
  readonly #link: Link;
  #broken: unknown;

  constructor(link: Link, onNote?: (message: string) => void) {
    this.#link = link;
    this.log = new AgentLog(onNote);
  }

  /** False once the conversation is lost for good. */
  get usable(): boolean {
    return this.#broken === undefined;
  }

  /** One byte outside any frame: only the start byte of an XFlash stage 1. @throws UnbrickError `PHONE_SILENT` */
  rawByte(wait: Wait): Promise<number> {
    return this.#guarded(wait, () => this.#link.readByte(wait));
  }

  /** One frame; a short one leaves in the same write as its header. */
  send(payload: Uint8Array): Promise<void> {
    return payload.length <= JOINED_LIMIT ? this.#write([frame(payload)]) : this.sendApart(payload);
  }

  /** One frame, header and payload in two writes however short it is. */
  sendApart(payload: Uint8Array): Promise<void> {
    return this.#write([header(payload.length), payload]);
  }

  /** One frame whose payload leaves in writes of `piece` bytes; `onBytes` counts them. */
  async sendInPieces(payload: Uint8Array, piece: number, onBytes?: (bytes: number) => void): Promise<void> {
    await this.#write([header(payload.length)]);
    for (let sent = 0; sent < payload.length; ) {
      const part = payload.subarray(sent, sent + piece);
      await this.#write([part]);
      sent += part.length;
      onBytes?.(sent);
    }
  }

  /** Short frames, one a payload, in one write; with `data`, a frame of that follows: two writes in all. */
  sendTogether(payloads: readonly Uint8Array[], data?: Uint8Array, stage?: Stage): Promise<void> {
    const frames = payloads.map(frame);
    return this.#write(data ? [concat(...frames, header(data.length)), data] : [concat(...frames)], stage);
  }

  /**
   * Payload of the next protocol frame, at least one byte.
   * @throws UnbrickError `PHONE_SILENT`; `PHONE_GONE`; `AGENT_OUT_OF_STEP` for garbage or more than `limit` bytes
   */
  receive(limit: number, wait: Wait): Promise<Uint8Array> {
    return this.#guarded(wait, async () => {
      const deadline = performance.now() + wait.timeoutMs;
      for (;;) {
        const left = deadline - performance.now();
        const raw = await this.#link.read(XflashFrameHeader.size, { timeoutMs: Math.max(0, left), what: wait.what });
        const { magic, type, length } = XflashFrameHeader.parse(raw);
        if (magic !== XFLASH_MAGIC) throw this.#outOfStep(wait, `no frame starts with ${hexBytes(raw)}`);
        const isLog = type === XflashFrameType.LOG;
        if (!isLog && type !== XflashFrameType.PROTOCOL) throw this.#outOfStep(wait, `a frame has the type ${type}`);
        const most = isLog ? LOG_LIMIT : limit;
        if (length > most) {
          throw this.#outOfStep(wait, `a frame announces ${length} bytes where at most ${most} can come`);
        }
        const payload = await this.#link.read(length, { timeoutMs: transferMs(length), what: wait.what });
        if (!isLog && length > 0) return payload;
        if (isLog) this.log.add(payload);
        // Bytes that are already here never time out in the link: endless log frames must not keep us for ever.
        if (performance.now() > deadline) throw this.#onlyLogs(wait);
      }
    });
  }

  /** The answer makes no sense at this place of the conversation: nothing after it can be trusted. */
  fail(wait: Wait, evidence: string): never {
    this.#broken ??= this.#outOfStep(wait, evidence);
    throw this.#broken;
  }

  #write(parts: Uint8Array[], stage?: Stage): Promise<void> {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const wait = { timeoutMs: 0, what: `the phone to take ${length} bytes`, ...(stage ? { stage } : {}) };
    return this.#guarded(wait, () => this.#link.write(...parts));
  }

  async #guarded<T>(wait: Wait, action: () => Promise<T>): Promise<T> {
    if (this.#broken !== undefined) {
      throw new UnbrickError({
        code: 'AGENT_OUT_OF_STEP',
        stage: wait.stage ?? 'agent',
        message: 'The conversation with the Download Agent was lost earlier; it cannot be continued.',
        evidence: this.#broken instanceof Error ? [`first failure: ${this.#broken.message}`] : [],
        next: FRESH_START,
        cause: this.#broken,
      });
    }
    try {
      return await action();
    } catch (cause) {
      this.#broken = this.#explained(wait, cause);
      throw this.#broken;
    }
  }

  /** Failures of the link, told from here: which step of the job it was, and what the agent said last. */
  #explained({ stage, what }: Wait, cause: unknown): unknown {
    if (!(cause instanceof UnbrickError) || !(cause.code === 'PHONE_GONE' || cause.code === 'PHONE_SILENT'))
      return cause;
    const waiting = cause.code === 'PHONE_GONE' ? [`the host was waiting for ${what}`] : [];
    return cause.with({ stage: stage ?? cause.stage, evidence: [...waiting, ...this.log.evidence()] });
  }

  /** Bytes arrive, but never the frame that is waited for. */
  #onlyLogs(wait: Wait): UnbrickError {
    return new UnbrickError({
      code: 'PHONE_SILENT',
      stage: wait.stage ?? 'agent',
      message: `The phone sends log text only: ${wait.what} did not come within ${Math.ceil(wait.timeoutMs / 1000)} s.`,
      next: FRESH_START,
    });
  }

  #outOfStep(wait: Wait, evidence: string): UnbrickError {
    return new UnbrickError({
      code: 'AGENT_OUT_OF_STEP',
      stage: wait.stage ?? 'agent',
      message: `The phone sent something else than ${wait.what}; the conversation cannot be continued.`,
      evidence: [evidence, ...this.log.evidence()],
      next: FRESH_START,
    });
  }
}

function header(length: number): Uint8Array {
  return XflashFrameHeader.build({ magic: XFLASH_MAGIC, type: XflashFrameType.PROTOCOL, length });
}

function frame(payload: Uint8Array): Uint8Array {
  return concat(header(payload.length), payload);
}

/** Slowest link worth waiting for, in bytes a millisecond: a tenth of a full-speed USB link. */
const SLOWEST_BYTES_PER_MS = 64;

/** Milliseconds for `length` bytes to cross the slowest link worth waiting for. */
function transferMs(length: number): number {
  return 5_000 + Math.ceil(length / SLOWEST_BYTES_PER_MS);
}
