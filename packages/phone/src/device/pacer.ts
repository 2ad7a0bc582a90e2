import { type Clock, pause } from './clock.js';

/** Time that a late timer may be made up for, so that the rate holds on a busy machine; ms. */
const CATCH_UP_MS = 50;
/** Shorter waits cost more than they pace; they add up to the next one. */
const SHORTEST_WAIT_MS = 1;

/** Lets bytes pass at a given rate, like a USB link. Exact in the long run: waiting errors are made up, not summed. */
export class Pacer {
  readonly #msPerByte: number;
  readonly #clock: Clock;
  /** When the bytes admitted so far have left the wire. */
  #busyUntil = Number.NEGATIVE_INFINITY;

  constructor(bytesPerSecond: number, clock: Clock) {
    if (!(bytesPerSecond > 0)) throw new RangeError(`link rate ${bytesPerSecond} is not a number of bytes a second`);
    this.#msPerByte = 1000 / bytesPerSecond;
    this.#clock = clock;
  }

  /** Resolves when `count` more bytes have crossed. */
  async pass(count: number): Promise<void> {
    const now = this.#clock.now();
    this.#busyUntil = Math.max(this.#busyUntil, now - CATCH_UP_MS) + count * this.#msPerByte;
    const ahead = this.#busyUntil - now;
    if (ahead >= SHORTEST_WAIT_MS) await pause(this.#clock, ahead);
  }
}
