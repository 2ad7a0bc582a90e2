import { vi } from 'vitest';
import { examine } from '../../../packages/cli/src/doctor/examine.js';
import { writeUdevRule } from '../../../packages/cli/src/doctor/fix.js';
import { type Recording, recordedSystem, sysfsUsb } from '../../../packages/cli/src/doctor/recorded-system.fixture.js';
import { judgeWindows } from '../../../packages/cli/src/doctor/windows/examine.js';
import { parseGetPnpDevice } from '../../../packages/cli/src/doctor/windows/pnp-devices.js';
import { autoSource } from '../../../packages/cli/src/ports/auto-source.js';
import { type NativeDevice, type NativeUsb, nativeUsb } from '../../../packages/cli/src/ports/node-usb.js';
import { openPortSource } from '../../../packages/cli/src/ports/open-source.js';
import { openRawUsb } from '../../../packages/cli/src/ports/raw-usb.js';
import { serialBinding } from '../../../packages/cli/src/ports/serial-port.js';
import type { UsbSystem } from '../../../packages/cli/src/ports/usb-system.js';
import { hurried } from './hurried.js';
import type { Scenario, Scenarios } from './scenario.js';

/** The computer's side: ports that cannot be had, and what the doctor finds. */

const forever = new AbortController().signal;

/** What the doctor says of a computer. */
const doctor =
  (recording: Recording): Scenario =>
  () =>
    examine(recordedSystem(recording));
const PRELOADER = { place: '1-4', id: '0e8d:2000', product: 'MT65xx Preloader', tty: 'ttyACM0', driver: 'cdc_acm' };
const HUB = { place: '1-2', id: '05e3:0608', product: 'USB2.0 Hub', hub: true, device: 3 };
const USB = sysfsUsb([PRELOADER]);
const windows = (device: object) => () =>
  judgeWindows(parseGetPnpDevice(JSON.stringify([{ ...WINDOWS_PHONE, ...device }])) ?? []);
const WINDOWS_PHONE = {
  InstanceId: 'USB\\VID_0E8D&PID_2000\\5&2C0D4B8&0&3',
  FriendlyName: 'USB Serial Device (COM5)',
  Present: true,
  ConfigManagerErrorCode: 0,
  Service: 'usbser',
  Manufacturer: 'Microsoft',
};
const KERNEL = 'journalctl -k -b -q --no-pager -o short-monotonic -n 2000';
const IOREG = `+-o MT65xx Preloader@01420000  <class IOUSBHostDevice>
    {
      "idProduct" = 8192
      "idVendor" = 3725
      "locationID" = 21102592
    }
`;

/** A USB device that answers so when it is opened past its driver. */
const rawUsb =
  (open: () => Promise<void>, more: Partial<NativeDevice> = {}): Scenario =>
  async () => {
    const device = { vendorId: 0x0e8d, productId: 3, bus: '1', address: 5, ports: [4], opened: true, open, ...more };
    await hurried(() => openRawUsb('1-4', forever, { getDevices: async () => [device as NativeDevice] } as NativeUsb));
    return [];
  };
const saying = (text: string) => async () => {
  throw new Error(text);
};
/** A computer with these phones plugged in. */
const plugged = (...places: string[]): UsbSystem => ({
  pollMs: 1,
  devices: () =>
    places.map((busPath) => ({ vendorId: 0x0e8d, productId: 0x2000, busPath, serialPath: `/dev/${busPath}` })),
  openSerial: async () => Promise.reject(new Error('not asked')),
  openRaw: async () => Promise.reject(new Error('not asked')),
  holders: async () => [],
  interfaces: () => ['ff4201'],
  failures: () => [],
  failuresHidden: () => false,
  onChange: () => () => {},
});
const opening = (port: string) => async () => {
  await (await openPortSource(port)).open(AbortSignal.timeout(5000));
  return [];
};
/** On a system for which a native library was never built. */
const without = (library: string, load: () => Promise<unknown>) => async () => {
  vi.doMock(library, () => {
    throw new Error(`no native build was found for ${library}`);
  });
  try {
    await load();
    return [];
  } finally {
    vi.doUnmock(library);
  }
};

export const COMPUTER: Scenarios = {
  PORT_NAME_INVALID: opening('nonsense'),
  PORT_NOT_FOUND: opening('tcp:no-such-computer.invalid:7001'),
  PORT_AMBIGUOUS: async () => {
    await autoSource({ system: plugged('1-1', '1-2') }).open(forever);
    return [];
  },
  PORT_GONE: async () => {
    await openRawUsb('1-4', forever, { getDevices: async () => [] } as unknown as NativeUsb);
    return [];
  },
  PORT_BUSY: rawUsb(saying('libusb: errno 16 (busy)')),
  PORT_PERMISSION: rawUsb(saying('libusb: errno 13 (access)')),
  PORT_FAILED: rawUsb(saying('libusb: something new')),
  USB_NO_DATA_INTERFACE: rawUsb(async () => {}, {
    configuration: {
      configurationValue: 1,
      interfaces: [{ interfaceNumber: 0, alternate: { interfaceClass: 8, endpoints: [] } }],
    },
  }),
  USB_UNSUPPORTED: without('usb', nativeUsb),
  PORT_UNSUPPORTED: without('@serialport/bindings-cpp', serialBinding),

  PHONE_SEEN: doctor(USB),
  PHONE_NOT_FLASHABLE: doctor(sysfsUsb([{ place: '1-4', id: '0e8d:201c' }])),
  BEHIND_HUB: doctor(sysfsUsb([HUB, { ...PRELOADER, place: '1-2.3' }])),
  UDEV_RULE_MISSING: doctor(sysfsUsb([])),
  PERMISSION: doctor(USB),
  PORT_GRABBER: doctor({ ...USB, files: { ...USB.files, '/proc/812/comm': 'ModemManager\n' } }),
  KERNEL_LOG: doctor({ ...USB, answers: { [KERNEL]: '' } }),
  USB_ENUMERATION_FAILED: doctor({
    ...USB,
    answers: { [KERNEL]: '[   12.169] usb 1-3: device descriptor read/64, error -71\n' },
  }),
  NO_USB_HERE: doctor({}),
  INSIDE_CONTAINER: doctor({ ...USB, files: { ...USB.files, '/.dockerenv': '' } }),
  USBFS_LIMIT: doctor({ ...USB, files: { ...USB.files, '/sys/module/usbcore/parameters/usbfs_memory_mb': '1\n' } }),
  FOREIGN_DRIVER: windows({ Service: 'wdm_usb', Manufacturer: 'MediaTek Inc.' }),
  DEVICES_UNKNOWN: doctor({ platform: 'darwin' }),
  SERIAL_NODE_MISSING: doctor({ platform: 'darwin', answers: { 'ioreg -p IOUSB -l -w 0': IOREG } }),
  SYSTEM_UNKNOWN: doctor({ platform: 'freebsd' }),
  FIX_FAILED: () => {
    // Without a way to become administrator.
    vi.stubEnv('PATH', '');
    try {
      writeUdevRule(recordedSystem({}));
      return [];
    } finally {
      vi.unstubAllEnvs();
    }
  },
};
