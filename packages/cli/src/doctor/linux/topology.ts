import { type Finding, usbIdentity, usbIdentityText } from '@unbrick/core';
import { found } from '../finding.js';
import type { LinuxUsbDevice } from './usb-tree.js';

/** Devices that are phones of ours, or of MediaTek in any mode. */
export function phonesAmong(devices: readonly LinuxUsbDevice[]): LinuxUsbDevice[] {
  return devices.filter((device) => usbIdentity(device) !== undefined || device.vendorId === MEDIATEK);
}

const MEDIATEK = 0x0e8d;
const HIGH_SPEED = 480;

/** Which phones are there, and how they are wired to the computer. */
export function checkTopology(devices: readonly LinuxUsbDevice[]): Finding[] {
  const phones = phonesAmong(devices);
  if (phones.length === 0) {
    return [
      found('ok', 'PHONE_SEEN', 'No MediaTek phone is connected at this moment.', [
        'a phone that is off shows itself for two or three seconds after it is plugged in; `unbrick info` waits for it',
      ]),
    ];
  }
  return phones.flatMap((phone) => [seen(phone), ...behindHub(phone, devices)]);
}

function seen(phone: LinuxUsbDevice): Finding {
  const mode = usbIdentity(phone)?.mode;
  const evidence = [
    `at ${phone.place}, ${phone.speed} Mbit/s, ${phone.serial.join(', ') || 'no serial port'}, driver ${phone.drivers.join(', ') || 'none'}`,
  ];
  const what = `A phone is connected: ${usbIdentityText(phone)}.`;
  if (mode === 'brom' || mode === 'preloader') return found('ok', 'PHONE_SEEN', what, evidence);
  return found('warning', 'PHONE_NOT_FLASHABLE', `${what} In this mode it cannot be flashed.`, evidence, [
    mode === 'agent'
      ? 'A Download Agent of an earlier job is still running: hold Power for 15 seconds, then start again.'
      : 'Start the job first, then switch the phone off and plug it in.',
  ]);
}

function behindHub(phone: LinuxUsbDevice, devices: readonly LinuxUsbDevice[]): Finding[] {
  const parent = phone.place.replace(/\.\d+$/, '');
  if (parent === phone.place) return [];
  const hub = devices.find((device) => device.place === parent);
  const product = hub?.product ? ` (${hub.product})` : '';
  return [
    found(
      'warning',
      'BEHIND_HUB',
      `The phone is behind a hub${product}.`,
      [`${phone.place} hangs on ${parent}${hub && hub.speed > HIGH_SPEED ? ', a USB 3 hub' : ''}`],
      ['If anything goes wrong, plug the phone straight into the computer, best into a USB 2.0 port.'],
    ),
  ];
}
