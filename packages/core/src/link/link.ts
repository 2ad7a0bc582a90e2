import { type Stage, UnbrickError } from '../errors/unbrick-error.js';
import { hexBytes } from '../wire/index.js';
import type { Port } from './port.js';

/** Sees every byte that crosses a link. */
export type TraceSink = (direction: 'to-phone' | 'from-phone', bytes: Uint8Array) => void;

export interface LinkOptions {
  trace?: TraceSink;
  /** Ends every wait on this link at once: the hard stop. */
  signal?: AbortSignal;
}

export interface ReadOptions {
  /** Milliseconds until the whole read must be complete. */
  timeoutMs: number;
  /** What is being waited for, for the error message: "the checksum of the Download Agent". */
  what: string;
}

const SILENT_NEXT = [
  'Unplug the cable, hold the power key for 15 seconds, plug in again and repeat.',
  'Try another cable and another USB port, without a hub.',
];

/** Bytes are missing after the deadline. */
export class LinkTimeoutError extends UnbrickError {}
/** The device went away. */
export class LinkClosedError extends UnbrickError {}

/**
 * An ordered pipe of bytes to one connected phone, with exact reads and deadlines. Nothing above it knows which port it is.
 * Replies may be split or merged by the transport in any way; only their order counts.
 */
export class Link {
  #port: Port;
  /** Named in the errors of this link: the layer that takes the link over sets it. */
  stage: Stage = 'agent';
  readonly #trace: TraceSink | undefined;
  readonly #signal: AbortSignal | undefined;
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  /** A receive is under way. It may outlive the read that started it; its bytes belong to the next read. */
  #receiving = false;
  /** No more bytes will come; `cause` tells why, where the port knew. */
  #ended: { cause?: unknown } | undefined;
  /** What the read that waits is waiting for. */
  #need: { bytes: number; deadline: number } | undefined;
  /** Resumes the read that waits for bytes. */
  #wake: (() => void) | undefined;

  constructor(port: Port, options: LinkOptions = {}) {
    this.#port = port;
    this.#trace = options.trace;
    this.#signal = options.signal;
  }

  /** The port at hand: another one after the phone has re-enumerated. */
  get port(): Port {
    return this.#port;
  }

  /** Bytes that have arrived and were not read yet. */
  get buffered(): number {
    return this.#buffered;
  }

  /**
   * Exactly `count` bytes.
   * @throws LinkTimeoutError when they are not there in time (what did arrive stays readable)
   * @throws LinkClosedError when the device went away
   */
  async read(count: number, { timeoutMs, what }: ReadOptions): Promise<Uint8Array> {
    const deadline = performance.now() + timeoutMs;
    while (this.#buffered < count) {
      if (!(await this.#fill(deadline, count - this.#buffered))) {
        const got = this.#buffered;
        throw new LinkTimeoutError({
          code: 'PHONE_SILENT',
          stage: this.stage,
          message: `The phone did not send ${what} within ${seconds(timeoutMs)}.`,
          evidence: [
            `${got} of ${count} bytes had arrived${got > 0 && got <= 64 ? `: ${hexBytes(this.#peek(got))}` : ''}`,
          ],
          next: SILENT_NEXT,
        });
      }
    }
    return this.#take(count);
  }

  /** One byte; see {@link read}. */
  async readByte(options: ReadOptions): Promise<number> {
    return (await this.read(1, options))[0] as number;
  }

  /** Whatever has arrived or arrives within `timeoutMs`; empty when nothing does. Never throws for silence. */
  async readAvailable(timeoutMs: number): Promise<Uint8Array> {
    if (this.#buffered === 0) await this.#fill(performance.now() + timeoutMs);
    return this.#take(this.#buffered);
  }

  /**
   * All parts, in order.
   * @throws LinkClosedError when the device went away
   * @throws LinkTimeoutError when the phone does not take a part within 30 s plus the time it needs at 100 KB/s
   */
  async write(...parts: Uint8Array[]): Promise<void> {
    for (const part of parts) {
      this.#signal?.throwIfAborted();
      this.#trace?.('to-phone', part);
      await this.#send(part);
    }
  }

  /**
   * Follows the phone through a re-enumeration that it has announced: waits until it leaves the bus, lets go of the port and
   * goes on with the one that `open` gives. False when it has not left within `leaveMs`: then everything is as before.
   * @throws whatever `open` throws
   */
  async follow(open: (previous: Port) => Promise<Port>, leaveMs: number): Promise<boolean> {
    const deadline = performance.now() + leaveMs;
    try {
      while (await this.#fill(deadline));
      return false;
    } catch (cause) {
      if (!(cause instanceof LinkClosedError)) throw cause;
    }
    const previous = this.#port;
    await previous.close();
    this.#port = await open(previous);
    this.#ended = undefined;
    this.#chunks = [];
    this.#buffered = 0;
    return true;
  }

  async close(): Promise<void> {
    this.#ended ??= {};
    await this.port.close();
    this.#wake?.();
  }

  async #send(part: Uint8Array): Promise<void> {
    // An agent may hold back the host for seconds while the memory chip tidies up; no phone was seen to do so for 30 s.
    const patience = 30_000 + part.length / 100;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, patience, 'late');
    });
    try {
      if ((await Promise.race([this.port.send(part, this.#signal), late])) !== 'late') return;
    } catch (cause) {
      this.#signal?.throwIfAborted();
      if (cause instanceof UnbrickError) throw cause;
      throw this.#gone(cause);
    } finally {
      clearTimeout(timer);
    }
    throw new LinkTimeoutError({
      code: 'PHONE_SILENT',
      stage: this.stage,
      message: `The phone stopped taking data: ${part.length} bytes were not accepted within ${seconds(patience)}.`,
      evidence: [`${this.port.name} accepted no more bytes`],
      next: SILENT_NEXT,
    });
  }

  /** Waits for more bytes; false when the deadline passed. */
  async #fill(deadline: number, wanted = 1): Promise<boolean> {
    this.#signal?.throwIfAborted();
    if (this.#ended) throw this.#gone(this.#ended.cause);
    const before = this.#buffered;
    this.#need = { bytes: wanted, deadline };
    this.#startReceiving();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, deadline - performance.now()));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
    this.#need = undefined;
    if (this.#buffered > before) return true;
    this.#signal?.throwIfAborted();
    if (this.#ended) throw this.#gone((this.#ended as { cause?: unknown }).cause);
    return false;
  }

  #startReceiving(): void {
    if (this.#receiving || !this.#need) return;
    this.#receiving = true;
    const { bytes, deadline } = this.#need;
    this.port.receive(this.#signal, { bytes, patienceMs: Math.max(0, deadline - performance.now()) }).then(
      (chunk) => {
        this.#receiving = false;
        if (chunk?.length === 0) return this.#startReceiving();
        if (chunk === null) {
          this.#ended ??= {};
        } else {
          this.#trace?.('from-phone', chunk);
          this.#chunks.push(plain(chunk));
          this.#buffered += chunk.length;
        }
        this.#wake?.();
      },
      (cause: unknown) => {
        this.#receiving = false;
        // An aborted receive has lost nothing; the abort itself is reported by whoever waits.
        if (!this.#signal?.aborted) this.#ended ??= { cause };
        this.#wake?.();
      },
    );
  }

  #take(count: number): Uint8Array {
    const first = this.#chunks[0];
    // The common case of bulk reads: the chunk is exactly what was asked for, so nothing is copied.
    if (first && first.length === count) {
      this.#chunks.shift();
      this.#buffered -= count;
      return first;
    }
    const taken = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const chunk = this.#chunks[0] as Uint8Array;
      const part = chunk.subarray(0, count - filled);
      taken.set(part, filled);
      filled += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    this.#buffered -= count;
    return taken;
  }

  #peek(count: number): Uint8Array {
    const seen = new Uint8Array(count);
    let filled = 0;
    for (const chunk of this.#chunks) {
      const part = chunk.subarray(0, count - filled);
      seen.set(part, filled);
      filled += part.length;
    }
    return seen;
  }

  #gone(cause?: unknown): LinkClosedError {
    return new LinkClosedError({
      code: 'PHONE_GONE',
      stage: this.stage,
      message: 'The phone disconnected.',
      evidence: [`${this.port.name} closed${cause instanceof Error ? `: ${cause.message}` : ''}`],
      next: [
        'Check that the cable sits firmly; try another cable and another USB port, without a hub.',
        'Hold the power key for 15 seconds, plug in again and repeat.',
      ],
      cause,
    });
  }
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${+(ms / 1000).toFixed(1)} s`;
}

/** Node's Buffer calls itself a Uint8Array, but its `slice` is a view and no copy: nobody above shall meet one. */
function plain(chunk: Uint8Array): Uint8Array {
  if (chunk.constructor === Uint8Array) return chunk;
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
