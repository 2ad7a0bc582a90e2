import type { PortIdentity } from '@unbrick/core';
import { BytePipe, PipeEndedError } from './byte-pipe.js';
import type { Clock } from './clock.js';
import { PhonePort } from './phone-port.js';
import { type DeviceWire, UnpluggedError } from './wire.js';

/** Bytes queued in one direction before the writer waits; one chunk may exceed it, so at most 4 MiB are in flight. */
const IN_FLIGHT = 2 * 1024 * 1024;
/** Replies up to this size are copied, so that firmware may keep its constant answers; larger ones are given away. */
const COPY_BELOW = 4096;

export interface PhoneWireOptions {
  clock: Clock;
  /** Bytes a second in each direction; unlimited when absent. */
  linkRate?: number;
  fuse: { left: number };
  /** The host let go of the current port. */
  onHostGone: () => void;
  /** Puts the phone on the bus again under this product id; resolves when a host has opened it. */
  onReEnumerate: (productId: number) => Promise<void>;
}

/** The phone's end of the cable for one power cycle; a new {@link PhonePort} each time it enumerates. */
export class PhoneWire implements DeviceWire {
  readonly #options: PhoneWireOptions;
  #toPhone: BytePipe;
  #fromPhone: BytePipe;
  #port: PhonePort | undefined;

  constructor(options: PhoneWireOptions) {
    this.#options = options;
    this.#toPhone = this.#pipe();
    this.#fromPhone = this.#pipe();
    this.#toPhone.end();
    this.#fromPhone.end();
  }

  #pipe(): BytePipe {
    const { clock, linkRate } = this.#options;
    return new BytePipe({ capacity: IN_FLIGHT, clock, ...(linkRate === undefined ? {} : { rate: linkRate }) });
  }

  /** A host opens the phone. */
  plug(name: string, identity: PortIdentity): PhonePort {
    this.#toPhone = this.#pipe();
    this.#fromPhone = this.#pipe();
    this.#port = new PhonePort({
      name,
      identity,
      toPhone: this.#toPhone,
      fromPhone: this.#fromPhone,
      fuse: this.#options.fuse,
      onClose: this.#options.onHostGone,
    });
    return this.#port;
  }

  /** The phone drops off the bus; what it has sent still reaches the host. */
  drop(): void {
    this.#fromPhone.end();
    this.#toPhone.cut();
    this.#port?.phoneLeft();
  }

  async read(count: number): Promise<Uint8Array> {
    if (count === 0) return new Uint8Array(0);
    await this.#fill();
    const first = this.#toPhone.take(count);
    if (first.length === count) return first;
    const whole = new Uint8Array(count);
    whole.set(first);
    for (let filled = first.length; filled < count; ) {
      await this.#fill();
      const part = this.#toPhone.take(count - filled);
      whole.set(part, filled);
      filled += part.length;
    }
    return whole;
  }

  async readSome(limit: number): Promise<Uint8Array> {
    await this.#fill();
    return this.#toPhone.take(limit);
  }

  async readWithin(timeoutMs: number, limit: number): Promise<Uint8Array> {
    if (!(await this.#toPhone.readable(timeoutMs))) return new Uint8Array(0);
    await this.#fill();
    return this.#toPhone.take(limit);
  }

  async #fill(): Promise<void> {
    if (this.#toPhone.queued > 0) return;
    await this.#toPhone.readable();
    if (this.#toPhone.queued === 0) throw new UnpluggedError('the host has let go');
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#fromPhone.push(bytes.length <= COPY_BELOW ? bytes.slice() : bytes);
    } catch (cause) {
      if (!(cause instanceof PipeEndedError)) throw cause;
      // A host that hangs up right after its last command has still sent it: firmware answers into the void and reads on.
      if (this.#toPhone.queued === 0) throw new UnpluggedError('the host has let go', { cause });
    }
  }

  async reEnumerate(productId: number): Promise<void> {
    this.drop();
    await this.#options.onReEnumerate(productId);
  }
}
