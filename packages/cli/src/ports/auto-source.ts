import {
  type Port,
  type PortIdentity,
  type PortSource,
  UnbrickError,
  usbIdentity,
  usbIdentityText,
} from '@unbrick/core';
import { pause } from './pause.js';
import { severalPhones } from './serial-errors.js';
import { openFreshSerialPort, serialBinding } from './serial-port.js';
import { linuxTtyDevices, linuxUsbIdentities, type TtyDevice } from './tty-devices.js';

/** A boot ROM may be there for a second only; looking into sysfs takes a fraction of a millisecond. */
const LINUX_POLL_MS = 15;
/** Listing serial devices on other systems is slower. */
const POLL_MS = 100;
/** Phones in other modes do not go away by themselves. */
const OTHERS_POLL_MS = 500;

/** What the source needs of the system; replaced by tests. */
export interface SerialSystem {
  pollMs: number;
  /** USB serial devices that are there now. */
  devices(): Promise<TtyDevice[]> | TtyDevice[];
  /** All USB devices, where the system can tell. */
  usbIdentities(): PortIdentity[];
  open(device: TtyDevice, signal: AbortSignal): Promise<Port>;
}

/**
 * Any phone in download mode that shows up on USB: boot ROM or preloader, by USB identity. What is there in another mode
 * (Android, META, a Download Agent that still runs) is noted and left alone; a Download Agent is opened when it is what
 * has become of the `previous` port.
 *
 * `open` throws UnbrickError `PORT_AMBIGUOUS`, `PORT_BUSY`, `PORT_PERMISSION`, `PORT_FAILED` or `PORT_UNSUPPORTED`.
 */
export function autoSource(onNote: (message: string) => void = () => {}, system = thisSystem()): PortSource {
  const noted = new Set<string>();
  const noteOnce = (text: string) => {
    if (noted.has(text)) return;
    noted.add(text);
    onNote(text);
  };
  return {
    name: 'auto',
    async open(signal, previous) {
      let othersAt = 0;
      for (;;) {
        signal.throwIfAborted();
        const devices = await system.devices();
        const phones = onePerUsbDevice(devices.filter((device) => isWanted(device, previous)));
        if (phones.length > 1) throw severalPhones(phones.map(deviceText));
        const phone = phones[0];
        if (phone) {
          try {
            return await system.open(phone, signal);
          } catch (error) {
            // Gone before it could be opened: the next one will come.
            if (!(error instanceof UnbrickError && error.code === 'PORT_GONE')) throw error;
          }
        }
        if (performance.now() >= othersAt) {
          othersAt = performance.now() + OTHERS_POLL_MS;
          for (const identity of [...devices, ...system.usbIdentities()]) noteOther(identity, devices, noteOnce);
        }
        await pause(system.pollMs, signal);
      }
    },
  };
}

function isWanted(device: TtyDevice, previous: Port | undefined): boolean {
  const mode = usbIdentity(device)?.mode;
  return mode === 'brom' || mode === 'preloader' || (mode === 'agent' && previous !== undefined);
}

function noteOther(identity: PortIdentity, devices: readonly TtyDevice[], note: (text: string) => void): void {
  const mode = usbIdentity(identity)?.mode;
  const text = usbIdentityText(identity);
  if (mode === 'android') {
    note(`Seen ${text}: the phone is running and cannot be flashed like this. Switch it off, then plug it in again.`);
  } else if (mode === 'agent') {
    note(`Seen ${text}, left over from an earlier job: hold the power key for 15 to 20 seconds, then plug in again.`);
  } else if (mode && !devices.some((each) => sameIdentity(each, identity)) && process.platform === 'linux') {
    // Right after plugging in, or for good when the driver is missing.
    note(`Seen ${text}; waiting for its serial device. If none comes: sudo modprobe cdc_acm`);
  }
}

function onePerUsbDevice(devices: readonly TtyDevice[]): TtyDevice[] {
  return devices.filter((device, i) => devices.findIndex((other) => other.usbDevice === device.usbDevice) === i);
}

function sameIdentity(one: PortIdentity, other: PortIdentity): boolean {
  return one.vendorId === other.vendorId && one.productId === other.productId;
}

function deviceText(device: TtyDevice): string {
  return `serial:${device.path} (${usbIdentityText(device)})`;
}

function thisSystem(): SerialSystem {
  const open = (device: TtyDevice, signal: AbortSignal) =>
    openFreshSerialPort(device.path, signal, { vendorId: device.vendorId, productId: device.productId });
  if (process.platform === 'linux') {
    return {
      pollMs: LINUX_POLL_MS,
      devices: () => linuxTtyDevices(),
      usbIdentities: () => linuxUsbIdentities(),
      open,
    };
  }
  return {
    pollMs: POLL_MS,
    devices: async () => (await (await serialBinding()).list()).flatMap(listedDevice),
    usbIdentities: () => [],
    open,
  };
}

interface Listed {
  path: string;
  vendorId?: string | undefined;
  productId?: string | undefined;
  pnpId?: string | undefined;
  locationId?: string | undefined;
  serialNumber?: string | undefined;
}

/** An entry of the serial library's list. Windows drivers may leave the ids out of their fields but not of the hardware id. */
export function listedDevice(entry: Listed): TtyDevice[] {
  const hardwareId = /VID_([0-9a-f]{4})&PID_([0-9a-f]{4})/i.exec(entry.pnpId ?? '');
  const vendorId = Number.parseInt(entry.vendorId ?? hardwareId?.[1] ?? '', 16);
  const productId = Number.parseInt(entry.productId ?? hardwareId?.[2] ?? '', 16);
  if (Number.isNaN(vendorId + productId)) return [];
  return [{ path: entry.path, vendorId, productId, usbDevice: entry.locationId ?? entry.path }];
}
