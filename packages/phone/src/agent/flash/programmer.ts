/**
 * Programming runs one buffer behind reception: while the host sends one buffer, the one before is written. That is why a
 * chunk status only says that the data arrived, and a storage error shows in a later chunk status or in the final one.
 */
import { type FlashContext, flashStatus } from './flash-context.js';

/** Where image bytes go. */
export interface ImageSink {
  /**
   * @param bytes valid until the promise settles
   * @param reference the host's byte sum of them for the read-back check, where the protocol has one
   * @throws AgentError or StorageFault
   */
  write(bytes: Uint8Array, reference?: number): Promise<void>;
  /** After the last byte. */
  finish(): Promise<void>;
}

export const PROGRAM_BUFFER = 0x200000;

export class Programmer {
  /** Status of the first failure, from the moment the next buffer is full: before that nobody has asked. */
  failure: number | undefined;
  #front: Uint8Array;
  #back: Uint8Array;
  #filled = 0;
  #reference: number | undefined;
  /** The write under way; resolves to its status when it failed. */
  #running: Promise<number | undefined> = Promise.resolve(undefined);

  constructor(
    private readonly flash: FlashContext,
    private readonly sink: ImageSink,
    total: number,
    buffer = PROGRAM_BUFFER,
  ) {
    const size = Math.min(buffer, total);
    this.#front = new Uint8Array(size);
    this.#back = new Uint8Array(total > size ? size : 0);
  }

  /** Space for the next chunk of at most a buffer; hands the buffer over when the chunk does not fit behind it. */
  async room(length: number): Promise<Uint8Array> {
    if (this.#filled + length > this.#front.length) await this.#handOver();
    return this.#front.subarray(this.#filled, this.#filled + length);
  }

  /** The chunk in {@link room} is complete; `sum` is the host's byte sum of it, NaN when no bytes have such a sum. */
  async commit(length: number, sum?: number): Promise<void> {
    this.#filled += length;
    if (sum !== undefined) this.#reference = (this.#reference ?? 0) + sum;
    if (this.#filled === this.#front.length) await this.#handOver();
  }

  /** Programs what is left. */
  async finish(): Promise<void> {
    if (this.#filled > 0) await this.#handOver();
    this.failure ??= await this.#running;
    this.failure ??= await this.#guard(() => this.sink.finish());
  }

  /** Waits for the write under way; the buffer that is not handed over is lost. */
  async abandon(): Promise<void> {
    await this.#running;
  }

  async #handOver(): Promise<void> {
    this.failure ??= await this.#running;
    const bytes = this.#front.subarray(0, this.#filled);
    const reference = this.#reference;
    this.#filled = 0;
    this.#reference = undefined;
    if (this.failure !== undefined) return;
    if (this.#back.length > 0) [this.#front, this.#back] = [this.#back, this.#front];
    this.#running = this.#guard(() => this.sink.write(bytes, reference));
    // Awaited at the next hand-over; until then nobody listens.
    this.#running.catch(() => undefined);
  }

  async #guard(work: () => Promise<void>): Promise<number | undefined> {
    try {
      await work();
      return undefined;
    } catch (error) {
      return flashStatus(error, this.flash.fitted);
    }
  }
}
