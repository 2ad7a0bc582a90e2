import { type Finding, usbIdentity, usbIdentityText } from '@unbrick/core';
import { found } from '../finding.js';
import type { System } from '../system.js';

/** A USB device in the I/O registry. */
export interface RegistryDevice {
  vendorId: number;
  productId: number;
  name: string;
  /** Place on the bus, as in `/dev/cu.usbmodem14201`. */
  locationId: number;
}

const MEDIATEK = 0x0e8d;

/** Everything the doctor looks at on macOS. */
export async function examineMacos(system: System): Promise<Finding[]> {
  const registry = await system.ask('ioreg', ['-p', 'IOUSB', '-l', '-w', '0']);
  const nodes = system.list('/dev').filter((name) => /^cu\.usb(modem|serial)/.test(name));
  if (registry === undefined) {
    return [
      found(
        'warning',
        'DEVICES_UNKNOWN',
        'macOS did not tell which USB devices there are.',
        [],
        ['Open System Information > USB while you plug in the phone.'],
      ),
    ];
  }
  return judgeMacos(parseIoreg(registry), nodes);
}

/** Pure: devices in the output of `ioreg -p IOUSB -l`. */
export function parseIoreg(output: string): RegistryDevice[] {
  return output.split(/\+-o /).flatMap((block) => {
    const number = (key: string) => Number(new RegExp(`"${key}" = (\\d+)`).exec(block)?.[1] ?? Number.NaN);
    const vendorId = number('idVendor');
    const productId = number('idProduct');
    if (Number.isNaN(vendorId + productId)) return [];
    const name = /"USB Product Name" = "([^"]*)"/.exec(block)?.[1] ?? block.split(/[@\s]/, 1)[0] ?? '';
    return { vendorId, productId, name, locationId: number('locationID') || 0 };
  });
}

/** Pure: the findings in the devices and serial nodes that are there. */
export function judgeMacos(devices: readonly RegistryDevice[], nodes: readonly string[]): Finding[] {
  const phones = devices.filter((device) => device.vendorId === MEDIATEK || usbIdentity(device) !== undefined);
  if (phones.length === 0) {
    return [
      found(
        'ok',
        'PHONE_SEEN',
        'No MediaTek phone is connected at this moment.',
        [
          'a phone that is off shows itself for two or three seconds after it is plugged in; `unbrick info` waits for it',
        ],
        [],
      ),
    ];
  }
  return phones.map((phone) => {
    const place = phone.locationId.toString(16).replace(/0+$/, '');
    const node = nodes.find((name) => name.includes(place)) ?? (phones.length === 1 ? nodes[0] : undefined);
    const what = `A phone is connected: ${usbIdentityText(phone)}.`;
    if (node) return found('ok', 'PHONE_SEEN', what, [`serial port /dev/${node}`]);
    return found(
      'warning',
      'SERIAL_NODE_MISSING',
      `${what} macOS has made no serial port for it.`,
      [`${phone.name} at location 0x${phone.locationId.toString(16)}`, `serial ports: ${nodes.join(', ') || 'none'}`],
      ['Answer the question whether the accessory may connect, and plug in again.', 'Use raw USB: --port usb'],
    );
  });
}
