import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ObservedDevice, PortIdentity } from '@unbrick/core';

/** A USB device that is there now. */
export type SeenDevice = Omit<ObservedDevice, 'interfaces'>;

/** Drivers whose devices may be a phone: CDC-ACM, and the generic USB serial driver where a user has bound it. */
const TTY_NAME = /^tty(ACM|USB)\d+$/;
/** Devices, not their interfaces (`1-4:1.0`) and not the controllers themselves (`usb1`). */
const DEVICE_NAME = /^\d+-\d[\d.]*$/;
/** Folders between a tty and its USB device in sysfs: interface, and the port of a serial driver. */
const LEVELS = 4;

/**
 * The USB devices of a Linux system with their serial devices, read from sysfs. Cheap enough to be asked 50 times a second,
 * which starting `udevadm` for each question is not. Devices that vanish meanwhile are left out.
 */
export function linuxUsbDevices(sysRoot = '/sys', devRoot = '/dev'): SeenDevice[] {
  const serialPaths = linuxSerialPaths(sysRoot, devRoot);
  const folder = join(sysRoot, 'bus/usb/devices');
  return listed(folder)
    .filter((name) => DEVICE_NAME.test(name))
    .flatMap((busPath) => {
      const identity = identityIn(join(folder, busPath));
      if (!identity) return [];
      const serialPath = serialPaths.get(busPath);
      return [{ ...identity, busPath, ...(serialPath === undefined ? {} : { serialPath }) }];
    });
}

/** Class, subclass and protocol of each interface of a device, six hexadecimal digits. */
export function linuxInterfaces(busPath: string, sysRoot = '/sys'): string[] {
  const folder = join(sysRoot, 'bus/usb/devices', busPath);
  return listed(folder)
    .filter((name) => name.startsWith(`${busPath}:`))
    .flatMap((name) => {
      try {
        const read = (file: string) => readFileSync(join(folder, name, file), 'latin1').trim();
        return [read('bInterfaceClass') + read('bInterfaceSubClass') + read('bInterfaceProtocol')];
      } catch {
        return [];
      }
    });
}

/** The first serial device of each USB device, by bus path. */
function linuxSerialPaths(sysRoot: string, devRoot: string): Map<string, string> {
  const paths = new Map<string, string>();
  const folder = join(sysRoot, 'class/tty');
  for (const name of listed(folder)
    .filter((each) => TTY_NAME.test(each))
    .sort()) {
    const busPath = busPathBehind(join(folder, name, 'device'));
    if (busPath !== undefined && !paths.has(busPath)) paths.set(busPath, join(devRoot, name));
  }
  return paths;
}

function busPathBehind(link: string): string | undefined {
  try {
    let folder = realpathSync(link);
    for (let level = 0; level < LEVELS; level++) {
      if (DEVICE_NAME.test(basename(folder))) return basename(folder);
      folder = dirname(folder);
    }
  } catch {
    // The device went away between two looks.
  }
  return undefined;
}

function identityIn(folder: string): PortIdentity | undefined {
  try {
    const read = (name: string) => Number.parseInt(readFileSync(join(folder, name), 'latin1'), 16);
    const identity = { vendorId: read('idVendor'), productId: read('idProduct') };
    return Number.isNaN(identity.vendorId + identity.productId) ? undefined : identity;
  } catch {
    return undefined;
  }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** An entry of the serial library's list. */
export interface ListedSerial {
  path: string;
  vendorId?: string | undefined;
  productId?: string | undefined;
  pnpId?: string | undefined;
  locationId?: string | undefined;
}

/**
 * Devices of a system without sysfs, from the lists of two libraries. A device on the USB list that the serial list knows
 * by identity is the same; the rest has no serial device.
 */
export function joinedDevices(serial: readonly ListedSerial[], usb: readonly SeenDevice[]): SeenDevice[] {
  const withSerial = serial.flatMap(listedDevice);
  const rest = usb.filter((device) => !withSerial.some((each) => sameIdentity(each, device)));
  // A phone with several serial devices is one phone.
  const first = withSerial.filter((device, i) => withSerial.findIndex((each) => each.busPath === device.busPath) === i);
  return [...first, ...rest];
}

/** Windows drivers may leave the ids out of their fields but not of the hardware id. */
function listedDevice(entry: ListedSerial): SeenDevice[] {
  const hardwareId = /VID_([0-9a-f]{4})&PID_([0-9a-f]{4})/i.exec(entry.pnpId ?? '');
  const vendorId = Number.parseInt(entry.vendorId ?? hardwareId?.[1] ?? '', 16);
  const productId = Number.parseInt(entry.productId ?? hardwareId?.[2] ?? '', 16);
  if (Number.isNaN(vendorId + productId)) return [];
  return [{ vendorId, productId, busPath: entry.locationId ?? entry.path, serialPath: entry.path }];
}

export function sameIdentity(one: PortIdentity, other: PortIdentity): boolean {
  return one.vendorId === other.vendorId && one.productId === other.productId;
}
