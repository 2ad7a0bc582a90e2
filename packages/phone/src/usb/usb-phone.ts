import { UsbProduct } from '@unbrick/core/wire';
import { type Clock, REAL_CLOCK } from '../device/clock.js';
import type { PhonePort } from '../device/phone-port.js';
import type { VirtualPhone } from '../phone.js';
import { EnumeratedPhone } from './enumerated-phone.js';
import { Enumeration } from './enumeration.js';
import {
  agentFace,
  bromFace,
  type PreloaderFaceOptions,
  type PreloaderVariant,
  preloaderFace,
  type UsbFace,
} from './faces.js';
import type { UsbBus } from './usb-device.js';

export interface UsbPhoneOptions extends Partial<PreloaderFaceOptions> {
  clock?: Clock;
}

/** A virtual phone on a USB port: each of its lives enumerates anew, until the cable is taken away for good. */
export class UsbPhone {
  readonly #phone: VirtualPhone;
  readonly #bus: UsbBus;
  readonly #preloader: PreloaderFaceOptions;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #over: Promise<void>;
  #current: EnumeratedPhone | undefined;

  constructor(phone: VirtualPhone, bus: UsbBus, { variant, padded = false, clock = REAL_CLOCK }: UsbPhoneOptions = {}) {
    this.#phone = phone;
    this.#bus = bus;
    this.#preloader = { variant: variant ?? usualVariant(phone), padded };
    this.#clock = clock;
    this.#over = this.#live();
  }

  /** Pulls the cable now. The phone comes back when its user plugs it in again, as after each of its lives. */
  async pullCable(): Promise<void> {
    const device = this.#current;
    this.#current = undefined;
    await this.#bus.detach();
    await device?.unplug();
  }

  /** Pulls the cable and leaves it out. The phone itself is closed by whoever made it. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the cable stays out'));
    await this.pullCable();
    await this.#over;
  }

  async #live(): Promise<void> {
    const stop = this.#stop.signal;
    while (!stop.aborted) {
      const enumeration = new Enumeration(this.#clock);
      const port = await this.#phone.attach(stop, enumeration).catch(() => undefined);
      if (!port) return;
      const device = new EnumeratedPhone({ face: this.#faceOf(port), port, enumeration, clock: this.#clock });
      this.#current = device;
      await this.#bus.attach(device);
      await device.gone();
      if (this.#current === device) {
        this.#current = undefined;
        await this.#bus.detach();
        // The host's side of the cable; a phone that waits to come back needs it to be free.
        await device.unplug();
      }
    }
  }

  #faceOf({ identity }: PhonePort): UsbFace {
    switch (identity.productId) {
      case UsbProduct.BROM:
        return bromFace();
      case UsbProduct.PRELOADER:
        return preloaderFace(this.#preloader);
      default:
        return agentFace(identity.vendorId, identity.productId);
    }
  }
}

/** SSUSB controllers came with the generation of chips whose agents speak XFlash. */
function usualVariant(phone: VirtualPhone): PreloaderVariant {
  return phone.profile.agent.generation === 'legacy' ? 'musb' : 'ssusb';
}
