import { basename } from 'node:path';
import type { System } from '../system.js';

/** A USB device as the Linux kernel shows it. */
export interface LinuxUsbDevice {
  /** Place on the bus: `1-4.2`. */
  place: string;
  vendorId: number;
  productId: number;
  product: string;
  /** Mbit/s: 12 full speed, 480 high speed, 5000 and more USB 3. */
  speed: number;
  /** Device file for raw USB: `/dev/bus/usb/001/007`. */
  node: string;
  /** Serial device files: `/dev/ttyACM0`. */
  serial: string[];
  /** Drivers of its interfaces. */
  drivers: string[];
  /** It is a hub. */
  hub: boolean;
}

const DEVICES = '/sys/bus/usb/devices';
const USB_CLASS_HUB = '09';

/**
 * All USB devices with what the doctor asks about each, from sysfs. The wait for a phone reads much less of it, fast:
 * `ports/usb-devices.ts`. A device that goes away meanwhile is left out.
 */
export function usbTree(system: System): LinuxUsbDevice[] {
  const names = system.list(DEVICES);
  return names
    .filter((name) => /^\d+-[\d.]+$/.test(name))
    .sort()
    .flatMap((place) => {
      const folder = `${DEVICES}/${place}`;
      const text = (name: string) => system.read(`${folder}/${name}`)?.trim() ?? '';
      const vendorId = Number.parseInt(text('idVendor'), 16);
      const productId = Number.parseInt(text('idProduct'), 16);
      if (Number.isNaN(vendorId + productId)) return [];
      const interfaces = names.filter((name) => name.startsWith(`${place}:`));
      const three = (name: string) => text(name).padStart(3, '0');
      return {
        place,
        vendorId,
        productId,
        product: text('product'),
        speed: Number(text('speed')) || 0,
        node: `/dev/bus/usb/${three('busnum')}/${three('devnum')}`,
        serial: interfaces.flatMap((each) => serialOf(system, each)),
        drivers: [...new Set(interfaces.flatMap((each) => driverOf(system, each)))],
        hub: text('bDeviceClass') === USB_CLASS_HUB,
      };
    });
}

function serialOf(system: System, name: string): string[] {
  const direct = system.list(`${DEVICES}/${name}/tty`);
  const behindPort = system.list(`${DEVICES}/${name}`).filter((each) => /^ttyUSB\d+$/.test(each));
  return [...direct, ...behindPort].map((each) => `/dev/${each}`);
}

function driverOf(system: System, name: string): string[] {
  const link = system.link(`${DEVICES}/${name}/driver`);
  return link === undefined ? [] : [basename(link)];
}
