import { type Finding, usbIdentity, usbIdentityText } from '@unbrick/core';
import { found } from '../finding.js';
import type { System } from '../system.js';
import { type PnpDevice, windowsPnpDevices } from './pnp-devices.js';

const MEDIATEK = 0x0e8d;
/** Drivers of the system itself: serial, and raw USB. */
const SYSTEM_DRIVERS = new Set(['usbser', 'winusb']);

/** Problem codes of the device manager that phones show, with what helps. */
const PROBLEMS: Record<number, { message: string; next: string[] }> = {
  10: {
    message: 'The driver that is bound to the phone could not start it (code 10).',
    next: [
      'In the Device Manager, show hidden devices and remove every MediaTek device, with its driver.',
      'Plug in again: Windows binds its own serial driver (usbser).',
    ],
  },
  28: {
    message: 'No driver is bound to the phone (code 28).',
    next: [
      'Device Manager > the device > Update driver > Browse > Let me pick > Ports > Microsoft > USB Serial Device.',
      'No vendor driver is needed.',
    ],
  },
  43: {
    message: 'Windows could not even read the name of the device (code 43): the USB connection fails.',
    next: [
      'Use a short data cable known to be good, straight into the computer, best into a USB 2.0 port.',
      'Charge the phone for 30 minutes.',
      'Show hidden devices in the Device Manager, remove the greyed-out ones, restart the computer.',
      'Look into the socket of the phone with a light: lint and corrosion do this.',
    ],
  },
  52: {
    message: 'Windows does not load an unsigned driver that is bound to the phone (code 52).',
    next: ['Remove that driver in the Device Manager; Windows then binds its own serial driver (usbser).'],
  },
};

/** Everything the doctor looks at on Windows. */
export async function examineWindows(system: System): Promise<Finding[]> {
  const devices = await windowsPnpDevices(system);
  if (devices === undefined) {
    return [
      found(
        'warning',
        'DEVICES_UNKNOWN',
        'Windows did not tell which devices it knows.',
        [],
        ['Open the Device Manager and look for MediaTek or unknown devices while you plug in the phone.'],
      ),
    ];
  }
  return judgeWindows(devices);
}

/** Pure: the findings in a list of devices. */
export function judgeWindows(devices: readonly PnpDevice[]): Finding[] {
  const phones = devices.filter((device) => isPhone(device));
  const nameless = devices.filter((device) => device.present && /VID_0000&PID_000[0-9]/i.test(device.instanceId));
  const present = phones.filter((device) => device.present);
  const hidden = phones.filter((device) => !device.present);
  const findings = [...present.map(judgePhone), ...nameless.map((device) => problem(43, device))];
  if (present.length === 0 && nameless.length === 0) {
    findings.push(
      found('ok', 'PHONE_SEEN', 'No MediaTek phone is connected at this moment.', [
        'a phone that is off shows itself for two or three seconds after it is plugged in; `unbrick info` waits for it',
      ]),
    );
  }
  const foreign = hidden.filter((device) => device.service !== '' && !SYSTEM_DRIVERS.has(device.service.toLowerCase()));
  if (foreign.length > 0) {
    findings.push(
      found(
        'warning',
        'FOREIGN_DRIVER',
        'Phones that were connected before are bound to drivers that are not Windows’ own.',
        foreign.map((device) => `${device.instanceId}: ${device.service} (${device.manufacturer || 'unknown maker'})`),
        ['If a phone is not found: show hidden devices in the Device Manager and remove these, with their drivers.'],
      ),
    );
  }
  return findings;
}

function isPhone(device: PnpDevice): boolean {
  const identity = identityOf(device);
  return identity !== undefined && (identity.vendorId === MEDIATEK || usbIdentity(identity) !== undefined);
}

function identityOf(device: PnpDevice): { vendorId: number; productId: number } | undefined {
  const [, vendor, product] = /VID_([0-9A-F]{4})&PID_([0-9A-F]{4})/i.exec(device.instanceId) ?? [];
  if (vendor === undefined || product === undefined) return undefined;
  return { vendorId: Number.parseInt(vendor, 16), productId: Number.parseInt(product, 16) };
}

function judgePhone(device: PnpDevice): Finding {
  if (device.problem !== 0) return problem(device.problem, device);
  const identity = identityOf(device) as { vendorId: number; productId: number };
  const driver = device.service || 'none';
  const evidence = [`${device.name || 'nameless'}, driver ${driver}`, device.instanceId];
  if (driver === 'none' || SYSTEM_DRIVERS.has(driver.toLowerCase())) {
    return found('ok', 'PHONE_SEEN', `A phone is connected: ${usbIdentityText(identity)}.`, evidence);
  }
  return found(
    'warning',
    'FOREIGN_DRIVER',
    `A phone is connected, bound to a driver that is not Windows’ own: ${usbIdentityText(identity)}.`,
    evidence,
    ['If it is not found: Device Manager > the device > Update driver > pick USB Serial Device of Microsoft.'],
  );
}

function problem(code: number, device: PnpDevice): Finding {
  const known = PROBLEMS[code] ?? {
    message: `Windows reports code ${code} for the phone.`,
    next: [`unbrick explain "code ${code}"`, 'Remove the device in the Device Manager and plug in again.'],
  };
  return found(
    'blocker',
    `WINDOWS_CODE_${code}`,
    known.message,
    [device.name, device.instanceId].filter(Boolean),
    known.next,
  );
}
