import type { Clock } from './clock.js';
import { Pacer } from './pacer.js';

/** A paced link is fed in pieces of this size, so that a long transfer arrives steadily. */
const PACED_PIECE = 65_536;

export interface BytePipeOptions {
  /** Bytes that may wait to be read before a writer has to wait. */
  capacity: number;
  clock: Clock;
  /** Bytes a second; unlimited when absent. */
  rate?: number;
}

/** The reader has gone, or the writer has ended the pipe. */
export class PipeEndedError extends Error {
  override readonly name = 'PipeEndedError';
}

/**
 * One direction of the cable: ordered chunks with bounded buffering. Chunks are passed on, not copied: a writer gives its
 * bytes away. One reader at a time.
 */
export class BytePipe {
  readonly #capacity: number;
  readonly #clock: Clock;
  readonly #pacer: Pacer | undefined;
  #chunks: Uint8Array[] = [];
  #first = 0;
  #queued = 0;
  #ended = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;
  /** The last push that could not be done at once; pushes keep their order behind it. */
  #tail: Promise<void> | undefined;

  constructor({ capacity, clock, rate }: BytePipeOptions) {
    this.#capacity = capacity;
    this.#clock = clock;
    this.#pacer = rate === undefined ? undefined : new Pacer(rate, clock);
  }

  /** Bytes waiting to be read. */
  get queued(): number {
    return this.#queued;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves when there was room for all bytes. @throws PipeEndedError */
  push(bytes: Uint8Array): Promise<void> {
    if (this.#ended) return Promise.reject(new PipeEndedError('the pipe has ended'));
    if (!this.#tail && !this.#pacer && this.#queued < this.#capacity && bytes.length <= this.#capacity) {
      this.#enqueue(bytes);
      return Promise.resolve();
    }
    const before = this.#tail;
    const done = (async () => {
      await before?.catch(() => {});
      await this.#pushSlowly(bytes);
    })();
    const tail: Promise<void> = done.finally(() => {
      if (this.#tail === tail) this.#tail = undefined;
    });
    tail.catch(() => {});
    this.#tail = tail;
    return done;
  }

  async #pushSlowly(bytes: Uint8Array): Promise<void> {
    const piece = this.#pacer ? PACED_PIECE : this.#capacity;
    for (let offset = 0; offset < bytes.length; offset += piece) {
      const part = bytes.subarray(offset, offset + piece);
      await this.#pacer?.pass(part.length);
      while (this.#queued >= this.#capacity && !this.#ended) {
        await new Promise<void>((resolve) => {
          this.#wakeWriter = resolve;
        });
      }
      if (this.#ended) throw new PipeEndedError('the pipe has ended');
      this.#enqueue(part);
    }
  }

  #enqueue(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#queued += bytes.length;
    this.#wake();
  }

  /**
   * True as soon as there is something to take or the pipe has ended; false when `timeoutMs` passed first.
   * Rejects with the signal's reason when aborted.
   */
  readable(timeoutMs?: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#queued > 0 || this.#ended) return Promise.resolve(true);
    return new Promise((resolve, reject) => {
      const settle = () => {
        cancel?.();
        signal?.removeEventListener('abort', onAbort);
        this.#wakeReader = undefined;
      };
      const onAbort = () => {
        settle();
        reject(signal?.reason);
      };
      this.#wakeReader = () => {
        settle();
        resolve(true);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const cancel =
        timeoutMs === undefined
          ? undefined
          : this.#clock.after(timeoutMs, () => {
              settle();
              resolve(false);
            });
    });
  }

  /** Up to `limit` bytes that are already there; empty when there are none. A view of one chunk, never a copy. */
  take(limit = Number.POSITIVE_INFINITY): Uint8Array {
    const chunk = this.#chunks[this.#first];
    if (!chunk) return new Uint8Array(0);
    let taken = chunk;
    if (chunk.length > limit) {
      taken = chunk.subarray(0, limit);
      this.#chunks[this.#first] = chunk.subarray(limit);
    } else {
      this.#first++;
      // Drop the spent front only now and then: shifting on each take would cost as much as copying.
      if (this.#first >= 1024 || this.#first === this.#chunks.length) {
        this.#chunks.splice(0, this.#first);
        this.#first = 0;
      }
    }
    this.#queued -= taken.length;
    if (this.#queued < this.#capacity) {
      const wake = this.#wakeWriter;
      this.#wakeWriter = undefined;
      wake?.();
    }
    return taken;
  }

  /** No more bytes will come; what is queued can still be taken. */
  end(): void {
    this.#ended = true;
    this.#wake();
    const wake = this.#wakeWriter;
    this.#wakeWriter = undefined;
    wake?.();
  }

  /** Ends the pipe and loses what was not taken. */
  cut(): void {
    this.#chunks = [];
    this.#first = 0;
    this.#queued = 0;
    this.end();
  }

  #wake(): void {
    const wake = this.#wakeReader;
    this.#wakeReader = undefined;
    wake?.();
  }
}
