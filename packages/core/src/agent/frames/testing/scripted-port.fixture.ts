import type { Port } from '../../../link/port.js';
import type { Step } from './frame-bytes.fixture.js';

/**
 * A phone that plays its side of a recorded conversation and checks every byte of the host's side. After the last step it
 * is silent. For tests.
 */
export class ScriptedPort implements Port {
  readonly name = 'script';
  /** What each `send` brought. */
  readonly writes: Uint8Array[] = [];
  readonly #steps: Step[];
  readonly #pieceLength: number;
  #step = 0;
  #matched = 0;
  #mismatch: string | undefined;
  #ready: Uint8Array[] = [];
  #closed = false;
  #wake: (() => void) | undefined;

  /** The agent's bytes arrive in pieces of `pieceLength`, as a transport may cut them. */
  constructor(steps: Step[], pieceLength = Number.POSITIVE_INFINITY) {
    this.#steps = steps;
    this.#pieceLength = pieceLength;
    this.#play();
  }

  /** Throws unless the host did its whole side of the conversation and nothing else. */
  expectDone(): void {
    if (this.#mismatch) throw new Error(this.#mismatch);
    if (this.#step < this.#steps.length) throw new Error(`step ${this.#step} of ${this.#steps.length} was not reached`);
  }

  async send(bytes: Uint8Array): Promise<void> {
    this.writes.push(bytes.slice());
    for (const byte of bytes) this.#match(byte);
    this.#play();
  }

  async receive(signal?: AbortSignal): Promise<Uint8Array | null> {
    while (this.#ready.length === 0) {
      if (this.#closed) return null;
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    }
    return this.#ready.shift() as Uint8Array;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
  }

  #match(byte: number): void {
    const step = this.#steps[this.#step];
    if (step?.from !== 'host') {
      this.#mismatch ??= `the host sent 0x${byte.toString(16)} where it had nothing to say (step ${this.#step})`;
      throw new Error(this.#mismatch);
    }
    if ((step.counts?.[this.#matched] ?? true) && step.bytes[this.#matched] !== byte) {
      const wanted = step.bytes[this.#matched]?.toString(16);
      this.#mismatch ??= `step ${this.#step}, byte ${this.#matched}: 0x${byte.toString(16)} instead of 0x${wanted}`;
      throw new Error(this.#mismatch);
    }
    this.#matched++;
    if (this.#matched === step.bytes.length) {
      this.#step++;
      this.#matched = 0;
    }
  }

  /** Gives out everything the agent says before the host's next word. */
  #play(): void {
    for (let step = this.#steps[this.#step]; step?.from === 'agent'; step = this.#steps[++this.#step]) {
      for (let at = 0; at < step.bytes.length; at += this.#pieceLength) {
        this.#ready.push(step.bytes.subarray(at, Math.min(step.bytes.length, at + this.#pieceLength)));
      }
    }
    if (this.#ready.length > 0) this.#wake?.();
  }
}
