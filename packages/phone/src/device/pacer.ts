import { type Clock, pause } from './clock.js';

/** A timer that rings late is made up for, so that the rate holds on a busy machine, but not by more than this; ms. */
const CATCH_UP_MS = 100;
/** Shorter waits cost more than they pace; they add up to the next one. */
const SHORTEST_WAIT_MS = 1;

/** Lets bytes pass at a given rate, like a USB link. Exact in the long run: waiting errors are made up, not summed. */
export class Pacer {
  readonly #msPerByte: number;
  readonly #clock: Clock;
  /** When the bytes admitted so far have left the wire. */
  #busyUntil: number;
  /** How late the last wait ended. */
  #late = 0;

  constructor(bytesPerSecond: number, clock: Clock) {
    if (!(bytesPerSecond > 0)) throw new RangeError(`link rate ${bytesPerSecond} is not a number of bytes a second`);
    this.#msPerByte = 1000 / bytesPerSecond;
    this.#clock = clock;
    this.#busyUntil = clock.now();
  }

  /** Resolves when `count` more bytes have crossed. */
  async pass(count: number): Promise<void> {
    const now = this.#clock.now();
    // Idle time is gone for good; only lateness counts.
    this.#busyUntil = Math.max(this.#busyUntil, now - this.#late) + count * this.#msPerByte;
    const ahead = this.#busyUntil - now;
    this.#late = 0;
    if (ahead < SHORTEST_WAIT_MS) return;
    await pause(this.#clock, ahead);
    this.#late = Math.min(Math.max(this.#clock.now() - this.#busyUntil, 0), CATCH_UP_MS);
  }
}
