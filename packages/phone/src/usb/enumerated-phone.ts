import { UsbProduct } from '@unbrick/core/wire';
import { type Clock, pause } from '../device/clock.js';
import type { PhonePort } from '../device/phone-port.js';
import type { DeviceFacts, InterfaceFacts } from './descriptors.js';
import type { Enumeration } from './enumeration.js';
import type { UsbFace } from './faces.js';
import { InEndpoint } from './in-endpoint.js';
import { answerRequest } from './requests.js';
import type { UsbDevice, UsbSetup } from './usb-device.js';

/** A host that does not ask for a reply of the preloader in this time loses it. */
const FLUSH_MS = 300;
/** The transfer that makes a device leave the bus has to be answered before it does. */
const LAST_ANSWER_MS = 20;
const BULK = 2;

export interface EnumeratedPhoneParts {
  face: UsbFace;
  port: PhonePort;
  enumeration: Enumeration;
  clock: Clock;
}

/** One life of a phone on a USB port, as the host sees it. */
export class EnumeratedPhone implements UsbDevice {
  readonly #face: UsbFace;
  readonly #port: PhonePort;
  readonly #enumeration: Enumeration;
  readonly #clock: Clock;
  readonly #in: InEndpoint;
  readonly #bulk: number;

  constructor({ face, port, enumeration, clock }: EnumeratedPhoneParts) {
    this.#face = face;
    this.#port = port;
    this.#enumeration = enumeration;
    this.#clock = clock;
    const impatient = port.identity.productId === UsbProduct.PRELOADER;
    const data = this.interfaces.find((each) => each.class === 0x0a)?.endpoints[0];
    if (data?.type !== BULK) throw new Error('a phone without a data interface');
    this.#bulk = data.address & 0x0f;
    this.#in = new InEndpoint(port, {
      packetSize: data.packetSize,
      clock,
      ...(impatient ? { flushMs: FLUSH_MS } : {}),
    });
    enumeration.agentStarts = () => this.#in.keepAll();
  }

  get speed(): 'full' | 'high' {
    return this.#face.speed;
  }

  get deviceDescriptor(): DeviceFacts {
    return this.#face.device;
  }

  get interfaces(): readonly InterfaceFacts[] {
    return this.#face.configuration.interfaces;
  }

  configured(): void {
    this.#enumeration.markConfigured();
  }

  control(setup: UsbSetup): Uint8Array | 'stall' {
    return answerRequest(this.#face, setup, () => {
      this.#enumeration.portSetUp = true;
    });
  }

  in(endpoint: number, length: number, signal: AbortSignal): Promise<Uint8Array> {
    if (endpoint === (0x80 | this.#bulk)) {
      const transfer = this.#in.read(length, signal);
      this.#enumeration.listening = this.#in.waiting;
      return transfer.finally(() => {
        this.#enumeration.listening = this.#in.waiting;
      });
    }
    // Nothing ever comes from the other endpoints.
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  }

  giveBack(endpoint: number, data: Uint8Array): void {
    if (endpoint === (0x80 | this.#bulk)) this.#in.giveBack(data);
  }

  out(endpoint: number, data: Uint8Array, signal: AbortSignal): Promise<void> {
    if (endpoint !== this.#bulk) return Promise.resolve();
    return this.#port.give(data, signal);
  }

  /** Resolves when the phone has left the bus by itself or the cable was pulled, and the host had time to take the rest. */
  async gone(): Promise<void> {
    await this.#port.left;
    await Promise.race([this.#in.drained, pause(this.#clock, FLUSH_MS)]);
    await pause(this.#clock, LAST_ANSWER_MS);
  }

  /** The cable is out. */
  async unplug(): Promise<void> {
    this.#enumeration.markUnplugged();
    await this.#port.close();
  }
}
