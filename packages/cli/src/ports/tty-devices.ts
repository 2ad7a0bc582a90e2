import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PortIdentity } from '@unbrick/core';

/** A serial device of a USB device. */
export interface TtyDevice extends PortIdentity {
  /** What is opened: `/dev/ttyACM0`, `COM5`. */
  path: string;
  /** The USB device behind it; devices that are one phone have it in common. */
  usbDevice: string;
}

/** Drivers whose devices may be a phone: CDC-ACM, and the generic USB serial driver where a user has bound it. */
const TTY_NAME = /^tty(ACM|USB)\d+$/;
/** Folders between a tty and its USB device in sysfs: interface, and the port of a serial driver. */
const LEVELS = 4;

/**
 * The USB serial devices of a Linux system, read from sysfs. Cheap enough to be asked 50 times a second, which starting
 * `udevadm` for each question is not. Devices that vanish meanwhile are left out.
 */
export function linuxTtyDevices(sysRoot = '/sys', devRoot = '/dev'): TtyDevice[] {
  const folder = join(sysRoot, 'class/tty');
  return listed(folder)
    .filter((name) => TTY_NAME.test(name))
    .sort()
    .flatMap((name) => {
      const device = usbDeviceOf(join(folder, name, 'device'));
      return device ? [{ path: join(devRoot, name), ...device }] : [];
    });
}

/** Identities of all USB devices of a Linux system, also of those that have no serial device. */
export function linuxUsbIdentities(sysRoot = '/sys'): PortIdentity[] {
  const folder = join(sysRoot, 'bus/usb/devices');
  return listed(folder).flatMap((name) => identityIn(join(folder, name)) ?? []);
}

function usbDeviceOf(link: string): (PortIdentity & { usbDevice: string }) | undefined {
  try {
    let folder = realpathSync(link);
    for (let level = 0; level < LEVELS; level++) {
      const identity = identityIn(folder);
      if (identity) return { ...identity, usbDevice: folder };
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
