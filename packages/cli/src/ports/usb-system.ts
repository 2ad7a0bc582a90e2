import type { Port, PortIdentity } from '@unbrick/core';
import { KernelJournal } from './kernel-journal.js';
import { type EnumerationFailure, KernelLog } from './kernel-messages.js';
import { busPathOf, type NativeUsb, nativeUsb } from './node-usb.js';
import { type PortHolder, portHolders } from './port-holders.js';
import { openRawUsb } from './raw-usb.js';
import { openFreshSerialPort, serialBinding } from './serial-port.js';
import { joinedDevices, linuxInterfaces, linuxUsbDevices, type SeenDevice } from './usb-devices.js';

/** A boot ROM may be there for a second only; looking into sysfs takes a fraction of a millisecond. */
const LINUX_POLL_MS = 15;
/** Listing devices on other systems is slower; plug events make up for it. */
const POLL_MS = 100;

/** What finding a phone needs of the operating system; replaced by tests. */
export interface UsbSystem {
  /** Milliseconds between two looks when nothing tells of a change. */
  pollMs: number;
  /** USB devices that are there now. */
  devices(): Promise<SeenDevice[]> | SeenDevice[];
  openSerial(path: string, identity: PortIdentity, signal: AbortSignal): Promise<Port>;
  openRaw(busPath: string, signal: AbortSignal): Promise<Port>;
  /** Class, subclass and protocol of a device's interfaces, as observers want them. */
  interfaces(busPath: string): string[];
  /** Devices that could not be enumerated, since the last call. */
  failures(): EnumerationFailure[];
  /** True when it is known that this user is not shown such devices. */
  failuresHidden(): boolean;
  /** Other programs that have a device file open. */
  holders(path: string): Promise<PortHolder[]>;
  /** Calls back when a device comes or goes, where the system tells; the returned function ends it. */
  onChange(wake: () => void): () => void;
}

export function thisUsbSystem(): UsbSystem {
  const common = {
    openSerial: (path: string, identity: PortIdentity, signal: AbortSignal) =>
      openFreshSerialPort(path, signal, identity),
    openRaw: (busPath: string, signal: AbortSignal) => openRawUsb(busPath, signal),
  };
  if (process.platform === 'linux') {
    let kernel: KernelLog | undefined;
    const journal = new KernelJournal();
    return {
      ...common,
      pollMs: LINUX_POLL_MS,
      devices: () => linuxUsbDevices(),
      interfaces: (busPath) => linuxInterfaces(busPath),
      failures: () => {
        kernel ??= new KernelLog();
        return kernel.readable ? kernel.failures() : journal.failures();
      },
      failuresHidden: () => kernel !== undefined && !kernel.readable && !journal.readable,
      holders: (path) => portHolders(path),
      // At 15 ms between two looks an event would hardly be faster.
      onChange: () => () => {},
    };
  }
  const library = nativeUsb().catch(() => undefined);
  return {
    ...common,
    pollMs: POLL_MS,
    devices: async () => joinedDevices(await (await serialBinding()).list(), await usbDevices(await library)),
    interfaces: () => [],
    failures: () => [],
    failuresHidden: () => false,
    holders: async () => [],
    onChange: (wake) => {
      void library.then((usb) => usb?.addEventListener('connect', wake));
      return () => void library.then((usb) => usb?.removeEventListener('connect', wake));
    },
  };
}

/** Nothing where the library cannot list: the serial devices remain. */
async function usbDevices(usb: NativeUsb | undefined): Promise<SeenDevice[]> {
  const devices = (await usb?.getDevices().catch(() => [])) ?? [];
  return devices.map((device) => ({
    vendorId: device.vendorId,
    productId: device.productId,
    busPath: busPathOf(device),
  }));
}
