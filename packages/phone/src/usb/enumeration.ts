import { type Clock, pause } from '../device/clock.js';
import type { HostState } from '../device/host-state.js';
import { UnpluggedError } from '../device/wire.js';

/** What the firmware of one life on the bus sees of its host. */
export class Enumeration implements HostState {
  portSetUp = false;
  listening = false;
  agentStarts: () => void = () => {};
  readonly #clock: Clock;
  readonly #isConfigured: Promise<true>;
  #onConfigured: () => void = () => {};
  #onUnplugged: (cause: Error) => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#isConfigured = new Promise((resolve, reject) => {
      this.#onConfigured = () => resolve(true);
      this.#onUnplugged = reject;
    });
    // Nobody need be waiting when the cable is pulled.
    this.#isConfigured.catch(() => {});
  }

  markConfigured(): void {
    this.#onConfigured();
  }

  markUnplugged(): void {
    this.#onUnplugged(new UnpluggedError('the cable was pulled'));
  }

  async configured(timeoutMs: number): Promise<boolean> {
    const enough = new AbortController();
    const late = pause(this.#clock, timeoutMs, enough.signal).then(() => false);
    late.catch(() => {});
    try {
      return await Promise.race([this.#isConfigured, late]);
    } finally {
      enough.abort();
    }
  }
}
