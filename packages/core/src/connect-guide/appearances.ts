import type { ObservedDevice } from '../link/observation.js';
import { type DeviceKind, deviceKind } from './device-kind.js';

export interface Presence {
  device: ObservedDevice;
  kind: DeviceKind;
  /** When it came, ms of the guide's clock. */
  since: number;
}

export interface Departure {
  device: ObservedDevice;
  kind: DeviceKind;
  /** When it went. */
  at: number;
  /** How long it was there. */
  milliseconds: number;
  /** What it had said. */
  heard: string | undefined;
}

/** So many departures are remembered. */
const REMEMBERED = 20;

/** Which phones are on the bus, since when, and which were there before. */
export class Appearances {
  #present: Presence[] = [];
  #gone: Departure[] = [];
  #count = 0;

  get present(): readonly Presence[] {
    return this.#present;
  }

  /** The one that left last. */
  get last(): Departure | undefined {
    return this.#gone.at(-1);
  }

  /** Appearances in download mode. */
  get count(): number {
    return this.#count;
  }

  departuresSince(time: number, kind: DeviceKind): number {
    return this.#gone.filter((each) => each.at >= time && each.kind === kind).length;
  }

  /** Takes the devices that are there now; `heard` is what the phone in download mode has said. True when phones changed. */
  update(devices: readonly ObservedDevice[], now: number, heard: string | undefined): boolean {
    const before = this.#present;
    this.#present = devices.flatMap((device) => {
      const kind = deviceKind(device);
      if (!kind) return [];
      const known = before.find((each) => isSame(each.device, device));
      return [{ device, kind, since: known?.since ?? now }];
    });
    const gone = before.filter((each) => !this.#present.some((other) => isSame(each.device, other.device)));
    const come = this.#present.filter((each) => !before.some((other) => isSame(each.device, other.device)));
    for (const { device, kind, since } of gone) {
      const inDownload = kind === 'brom' || kind === 'preloader';
      this.#gone.push({ device, kind, at: now, milliseconds: now - since, heard: inDownload ? heard : undefined });
    }
    this.#gone = this.#gone.slice(-REMEMBERED);
    this.#count += come.filter(({ kind }) => kind === 'brom' || kind === 'preloader').length;
    return gone.length + come.length > 0;
  }
}

/** A device that comes back under another identity is another appearance of the phone. */
function isSame(one: ObservedDevice, other: ObservedDevice): boolean {
  return one.busPath === other.busPath && one.vendorId === other.vendorId && one.productId === other.productId;
}
