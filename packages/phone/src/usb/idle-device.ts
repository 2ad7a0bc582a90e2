import type { DeviceFacts, InterfaceFacts } from './descriptors.js';
import { agentFace } from './faces.js';
import { answerRequest } from './requests.js';
import type { UsbDevice, UsbSetup } from './usb-device.js';

/** A phone in a mode in which no tool can talk to it (META, Android): it enumerates and that is all. */
export class IdleDevice implements UsbDevice {
  readonly speed = 'high';
  readonly #face;

  constructor(vendorId: number, productId: number) {
    this.#face = agentFace(vendorId, productId);
  }

  get deviceDescriptor(): DeviceFacts {
    return this.#face.device;
  }

  get interfaces(): readonly InterfaceFacts[] {
    return this.#face.configuration.interfaces;
  }

  configured(): void {}

  control(setup: UsbSetup): Uint8Array | 'stall' {
    return answerRequest(this.#face, setup, () => {});
  }

  in(_endpoint: number, _length: number, signal: AbortSignal): Promise<Uint8Array> {
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  }

  giveBack(): void {}

  out(): Promise<void> {
    return Promise.resolve();
  }
}

/** A device whose descriptors cannot be read: a bad cable, a corroded socket, a chip without power. */
export class UnreadableDevice extends IdleDevice {
  constructor() {
    super(0, 0);
  }

  override control(): 'stall' {
    return 'stall';
  }
}
