import type { Port } from '../../../link/port.js';
import { framed, word } from './frame-bytes.fixture.js';

/** What a little device program can do. Frames are taken and given as payloads. */
export interface Device {
  /** Payload of the host's next frame. */
  take(): Promise<Uint8Array>;
  takeWord(): Promise<number>;
  give(payload: Uint8Array): void;
  giveWord(...values: number[]): void;
  giveRaw(bytes: Uint8Array): void;
  /** The cable is pulled. */
  leave(): void;
}

/** A phone that follows a program, for conversations that depend on the host. For tests. */
export class ProgrammedPort implements Port {
  readonly name = 'program';
  /** Resolves when the program has ended; rejects when it failed. */
  readonly finished: Promise<void>;
  #toHost: (Uint8Array | null)[] = [];
  #wakeHost: (() => void) | undefined;
  #fromHost: Uint8Array[] = [];
  #fromHostLength = 0;
  #wakeDevice: (() => void) | undefined;

  constructor(program: (device: Device) => Promise<void>) {
    const take = async () => {
      const header = await this.#bytes(12);
      return this.#bytes(new DataView(header.buffer, header.byteOffset).getUint32(8, true));
    };
    const push = (bytes: Uint8Array | null) => {
      this.#toHost.push(bytes);
      this.#wakeHost?.();
    };
    this.finished = program({
      take,
      takeWord: async () => {
        const bytes = await take();
        if (bytes.length !== 4) throw new Error(`a word of ${bytes.length} bytes`);
        return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
      },
      give: (payload) => push(framed(payload)),
      giveWord: (...values) => {
        for (const value of values) push(word(value));
      },
      giveRaw: push,
      leave: () => push(null),
    });
    this.finished.catch(() => push(null));
  }

  async send(bytes: Uint8Array): Promise<void> {
    this.#fromHost.push(bytes.slice());
    this.#fromHostLength += bytes.length;
    this.#wakeDevice?.();
  }

  async receive(): Promise<Uint8Array | null> {
    while (this.#toHost.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wakeHost = resolve;
      });
    }
    return this.#toHost.shift() as Uint8Array | null;
  }

  async close(): Promise<void> {}

  async #bytes(count: number): Promise<Uint8Array> {
    while (this.#fromHostLength < count) {
      await new Promise<void>((resolve) => {
        this.#wakeDevice = resolve;
      });
    }
    const taken = new Uint8Array(count);
    for (let filled = 0; filled < count; ) {
      const first = this.#fromHost[0] as Uint8Array;
      const part = first.subarray(0, count - filled);
      taken.set(part, filled);
      filled += part.length;
      if (part.length === first.length) this.#fromHost.shift();
      else this.#fromHost[0] = first.subarray(part.length);
    }
    this.#fromHostLength -= count;
    return taken;
  }
}
