import type { Observe } from '@unbrick/core';
import type { SeenDevice } from './usb-devices.js';
import type { UsbSystem } from './usb-system.js';

/** What cannot be seen as a change of the list (interfaces that come after their device) is told this often, ms. */
const RETELL_MS = 500;

/** Looks at the bus and tells an observer what is there: devices when they change, and failed enumerations. */
export class BusWatch {
  readonly #system: UsbSystem;
  readonly #observe: Observe;
  #told = '';
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(system: UsbSystem, observe: Observe = () => {}) {
    this.#system = system;
    this.#observe = observe;
  }

  /** The devices that are there now. */
  async look(): Promise<SeenDevice[]> {
    const devices = await this.#system.devices();
    for (const failure of this.#system.failures()) this.#observe({ kind: 'enumeration-failed', ...failure });
    if (this.#system.failuresHidden()) this.#observe({ kind: 'failures-hidden' });
    const list = devices.map((each) => `${each.busPath} ${each.vendorId} ${each.productId} ${each.serialPath}`).join();
    const now = performance.now();
    if (list !== this.#told || now - this.#toldAt >= RETELL_MS) {
      this.#told = list;
      this.#toldAt = now;
      const described = devices.map((device) => ({ ...device, interfaces: this.#system.interfaces(device.busPath) }));
      this.#observe({ kind: 'devices', devices: described });
    }
    return devices;
  }
}
