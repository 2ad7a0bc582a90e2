import type { Port } from '../../../link/port.js';
import { hexBytes } from '../../../wire/index.js';

/** One line of a transcript. */
type Step = { direction: 'to-host'; bytes: Uint8Array } | { direction: 'to-phone'; bytes: (number | undefined)[] };

/**
 * Reads a transcript as the protocol pages write them: `→ hex` host to phone, `← hex` phone to host, `; comment`. A word
 * `…(n)` in a host line stands for n bytes of any value, in a phone line for n zero bytes.
 */
export function transcript(text: string): Step[] {
  return text
    .split('\n')
    .map((line) => line.replace(/;.*/, '').trim())
    .filter((line) => line !== '')
    .map((line): Step => {
      if (!/^[→←]( *(…\(\d+\)|[0-9a-f]{2}))+$/i.test(line)) throw new Error(`not a line of a transcript: ${line}`);
      const bytes = [...line.slice(1).matchAll(/…\((\d+)\)|[0-9a-f]{2}/gi)].flatMap(([word, count]) =>
        count ? new Array<number | undefined>(Number(count)).fill(undefined) : [Number.parseInt(word, 16)],
      );
      if (line.startsWith('→')) return { direction: 'to-phone', bytes };
      return { direction: 'to-host', bytes: Uint8Array.from(bytes, (byte) => byte ?? 0) };
    });
}

/** Transcript lines for bytes made by a test. */
export const toPhone = (bytes: Uint8Array): Step => ({ direction: 'to-phone', bytes: [...bytes] });
export const toHost = (bytes: Uint8Array): Step => ({ direction: 'to-host', bytes });

/**
 * A phone that follows a transcript to the letter. A host byte that differs, or that comes before the phone's part was
 * taken, is remembered and ends the link. After the last line the phone stays silent, or leaves when `leaves` is set.
 */
export class ScriptedDevice implements Port {
  readonly name = 'script';
  /** What the host did wrong first; undefined while all is well. */
  mismatch: string | undefined;
  readonly #steps: Step[];
  readonly #leaves: boolean;
  #step = 0;
  #matched = 0;
  #closed = false;
  #wake: (() => void)[] = [];

  constructor(steps: Step[], { leaves = false } = {}) {
    this.#steps = steps.map((step) => ({ ...step }));
    this.#leaves = leaves;
  }

  /** Throws when the host went off the transcript or did not reach its end. */
  expectFinished(): void {
    if (this.mismatch) throw new Error(this.mismatch);
    if (this.#step < this.#steps.length) {
      const step = this.#steps[this.#step] as Step;
      throw new Error(`the host stopped before line ${this.#step + 1} (${step.direction}, ${step.bytes.length} bytes)`);
    }
  }

  async receive(signal?: AbortSignal): Promise<Uint8Array | null> {
    for (;;) {
      signal?.throwIfAborted();
      const step = this.#steps[this.#step];
      if (step?.direction === 'to-host') {
        this.#step++;
        return step.bytes;
      }
      if (this.#closed || (!step && this.#leaves)) return null;
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
        signal?.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  async send(bytes: Uint8Array): Promise<void> {
    for (let i = 0; i < bytes.length; i++) this.#take(bytes[i] as number, bytes.subarray(i));
    for (const wake of this.#wake.splice(0)) wake();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const wake of this.#wake.splice(0)) wake();
  }

  #take(byte: number, rest: Uint8Array): void {
    const step = this.#steps[this.#step];
    const wanted = step?.direction === 'to-phone' ? step.bytes[this.#matched] : undefined;
    if (step?.direction !== 'to-phone' || (wanted !== undefined && wanted !== byte)) {
      const expected = !step
        ? 'nothing more'
        : step.direction === 'to-host'
          ? `nothing before the phone's ${step.bytes.length} bytes were taken`
          : `0x${wanted?.toString(16)} at byte ${this.#matched}`;
      this.mismatch ??= `line ${this.#step + 1}: expected ${expected}, the host sent ${hexBytes(rest.subarray(0, 24))}`;
      throw new Error(this.mismatch);
    }
    this.#matched++;
    if (this.#matched === step.bytes.length) {
      this.#matched = 0;
      this.#step++;
    }
  }
}
