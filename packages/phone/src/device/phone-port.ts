import type { Port, PortIdentity } from '@unbrick/core';
import { type BytePipe, PipeEndedError } from './byte-pipe.js';

export interface PhonePortParts {
  name: string;
  identity: PortIdentity;
  toPhone: BytePipe;
  fromPhone: BytePipe;
  /** How many more bytes may go to the phone before the cable falls out; counted down here. */
  fuse: { left: number };
  /** The host has let go, or the cable has fallen out. */
  onClose: () => void;
}

/** The host's end of the cable to a virtual phone: one enumeration of it. */
export class PhonePort implements Port {
  readonly name: string;
  readonly identity: PortIdentity;
  /** Resolves when either side has let go; bytes of the phone may still be on the way. */
  readonly left: Promise<void>;
  readonly #parts: PhonePortParts;
  #closed = false;
  #leave: () => void = () => {};

  constructor(parts: PhonePortParts) {
    this.name = parts.name;
    this.identity = parts.identity;
    this.#parts = parts;
    this.left = new Promise((resolve) => {
      this.#leave = resolve;
    });
  }

  async receive(signal?: AbortSignal): Promise<Uint8Array | null> {
    const { fromPhone } = this.#parts;
    await fromPhone.readable(undefined, signal);
    if (fromPhone.queued === 0) return null;
    return fromPhone.take();
  }

  /** Copies, because the caller may use its buffer again; see {@link give}. */
  send(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.give(bytes.slice(), signal);
  }

  /** As {@link send}, for bytes that nobody will change any more: they are passed on without a copy. */
  async give(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { toPhone, fuse } = this.#parts;
    const passed = bytes.length < fuse.left ? bytes : bytes.subarray(0, fuse.left);
    fuse.left -= passed.length;
    const pushed = toPhone.push(passed);
    try {
      await (signal ? abortable(pushed, signal) : pushed);
    } catch (cause) {
      if (cause instanceof PipeEndedError) throw new Error(`${this.name} is gone`, { cause });
      throw cause;
    }
    if (fuse.left <= 0) {
      // The fuse burns once in the phone's life.
      fuse.left = Number.POSITIVE_INFINITY;
      this.#parts.fromPhone.cut();
      await this.close();
      throw new Error(`${this.name} is gone: the cable fell out`);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#leave();
    this.#parts.fromPhone.cut();
    this.#parts.toPhone.end();
    this.#parts.onClose();
  }

  /** The phone has dropped off the bus. */
  phoneLeft(): void {
    this.#leave();
  }

  get closed(): boolean {
    return this.#closed;
  }
}

function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
