import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { joinedDevices, linuxUsbDevices } from './usb-devices.js';

const PRELOADER = { vendorId: 0x0e8d, productId: 0x2000 };

describe('linuxUsbDevices', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  /** As the kernel shows a CDC-ACM device, one on a generic serial driver, one without driver, and a terminal. */
  function sysfs(): string {
    const root = mkdtempSync(join(tmpdir(), 'sysfs-'));
    folders.push(root);
    mkdirSync(join(root, 'bus/usb/devices'), { recursive: true });
    const usb = (name: string, vendor: string, product: string) => {
      const folder = join(root, 'devices/pci0/usb3', name);
      mkdirSync(join(folder, `${name}:1.1/ttyUSB0`), { recursive: true });
      writeFileSync(join(folder, 'idVendor'), `${vendor}\n`);
      writeFileSync(join(folder, 'idProduct'), `${product}\n`);
      symlinkSync(folder, join(root, 'bus/usb/devices', name));
      symlinkSync(join(folder, `${name}:1.1`), join(root, 'bus/usb/devices', `${name}:1.1`));
      return folder;
    };
    const tty = (name: string, target: string) => {
      mkdirSync(join(root, 'class/tty', name), { recursive: true });
      symlinkSync(target, join(root, 'class/tty', name, 'device'));
    };
    tty('ttyACM0', join(usb('3-4.2', '0e8d', '2000'), '3-4.2:1.1'));
    tty('ttyACM1', join(root, 'devices/pci0/usb3/3-4.2/3-4.2:1.1'));
    tty('ttyUSB0', join(usb('3-2', '0403', '6001'), '3-2:1.1/ttyUSB0'));
    usb('3-7', '0e8d', '0003');
    usb('usb3', '1d6b', '0002');
    tty('ttyACM9', join(root, 'gone'));
    mkdirSync(join(root, 'class/tty/tty0'), { recursive: true });
    return root;
  }

  it('finds devices, their place on the bus and the first serial device of each', () => {
    const devices = linuxUsbDevices(sysfs(), '/dev');
    expect(devices.sort((a, b) => a.busPath.localeCompare(b.busPath))).toEqual([
      { busPath: '3-2', vendorId: 0x0403, productId: 0x6001, serialPath: '/dev/ttyUSB0' },
      { busPath: '3-4.2', ...PRELOADER, serialPath: '/dev/ttyACM0' },
      { busPath: '3-7', vendorId: 0x0e8d, productId: 0x0003 },
    ]);
  });

  it('finds nothing where there is no sysfs', () => {
    expect(linuxUsbDevices('/nonexistent')).toEqual([]);
  });
});

describe('joinedDevices', () => {
  it('reads ids from the fields, or from the hardware id of Windows', () => {
    expect(
      joinedDevices([{ path: '/dev/tty.usbmodem1', vendorId: '0e8d', productId: '2000', locationId: '14' }], []),
    ).toEqual([{ busPath: '14', ...PRELOADER, serialPath: '/dev/tty.usbmodem1' }]);
    expect(joinedDevices([{ path: 'COM5', pnpId: 'USB\\VID_0E8D&PID_2000\\5&1' }], [])).toMatchObject([PRELOADER]);
    expect(joinedDevices([{ path: 'COM1' }], [])).toEqual([]);
  });

  it('adds devices that have no serial device, once', () => {
    const brom = { vendorId: 0x0e8d, productId: 0x0003, busPath: '1-3' };
    const serial = { path: 'COM5', vendorId: '0e8d', productId: '2000' };
    expect(joinedDevices([serial], [{ ...PRELOADER, busPath: '1-2' }, brom])).toEqual([
      { busPath: 'COM5', ...PRELOADER, serialPath: 'COM5' },
      brom,
    ]);
  });
});
