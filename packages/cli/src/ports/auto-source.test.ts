import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryPortPair, type Port, UnbrickError } from '@unbrick/core';
import { afterEach, describe, expect, it } from 'vitest';
import { autoSource, listedDevice, type SerialSystem } from './auto-source.js';
import { linuxTtyDevices, linuxUsbIdentities, type TtyDevice } from './tty-devices.js';

const PRELOADER = { vendorId: 0x0e8d, productId: 0x2000 };
const BROM = { vendorId: 0x0e8d, productId: 0x0003 };
const AGENT = { vendorId: 0x0e8d, productId: 0x2001 };
const META = { vendorId: 0x0e8d, productId: 0x2007 };
const forever = new AbortController().signal;

const device = (name: string, identity = PRELOADER, usbDevice = name): TtyDevice => ({
  ...identity,
  path: `/dev/${name}`,
  usbDevice,
});

/** A system whose devices change with every look; the last state stays. */
function systemShowing(...looks: TtyDevice[][]): SerialSystem & { opened: string[]; looks: number } {
  const system = {
    pollMs: 1,
    opened: [] as string[],
    looks: 0,
    devices: () => looks[Math.min(system.looks++, looks.length - 1)] ?? [],
    usbIdentities: () => [],
    open: async (found: TtyDevice) => {
      system.opened.push(found.path);
      return memoryPortPair(found.path, found)[0];
    },
  };
  return system;
}

describe('autoSource', () => {
  it('waits for a phone in download mode and opens it with its identity', async () => {
    const system = systemShowing([], [], [device('ttyACM0', META)], [device('ttyACM0', META), device('ttyACM1')]);
    const notes: string[] = [];
    const port = await autoSource((note) => notes.push(note), system).open(forever);
    expect(system.opened).toEqual(['/dev/ttyACM1']);
    expect(port.identity).toMatchObject(PRELOADER);
  });

  it('tells once about phones in other modes and does not open them', async () => {
    const notes: string[] = [];
    const stop = new AbortController();
    const system = systemShowing([device('ttyACM0', META), device('ttyACM1', AGENT)]);
    const opening = autoSource((note) => notes.push(note), system).open(stop.signal);
    setTimeout(() => stop.abort(new Error('enough')), 40);
    await expect(opening).rejects.toThrow('enough');
    expect(system.opened).toEqual([]);
    expect(system.looks).toBeGreaterThan(2);
    expect(notes).toHaveLength(2);
    expect(notes[0]).toContain('0e8d:2007 META mode');
    expect(notes[1]).toContain('left over');
  });

  it('follows a phone whose agent has come back under its own identity', async () => {
    const system = systemShowing([device('ttyACM0', AGENT)]);
    const previous: Port = memoryPortPair('before', PRELOADER)[0];
    await autoSource(() => {}, system).open(forever, previous);
    expect(system.opened).toEqual(['/dev/ttyACM0']);
  });

  it('takes the first of several serial devices of one phone', async () => {
    const system = systemShowing([device('ttyACM0', PRELOADER, 'usb1'), device('ttyACM1', PRELOADER, 'usb1')]);
    await autoSource(() => {}, system).open(forever);
    expect(system.opened).toEqual(['/dev/ttyACM0']);
  });

  it('does not guess between two phones', async () => {
    const system = systemShowing([device('ttyACM0'), device('ttyACM1', BROM)]);
    const error = await autoSource(() => {}, system)
      .open(forever)
      .catch((failure) => failure);
    expect(error).toMatchObject({ code: 'PORT_AMBIGUOUS', stage: 'connect' });
    expect(error.evidence).toHaveLength(2);
  });

  it('goes on when the phone has gone before it was opened', async () => {
    const system = systemShowing([device('ttyACM0')], [], [device('ttyACM1')]);
    const open = system.open;
    system.open = async (found, signal) => {
      if (found.path === '/dev/ttyACM0') throw new UnbrickError({ code: 'PORT_GONE', stage: 'connect', message: '' });
      return open(found, signal);
    };
    await autoSource(() => {}, system).open(forever);
    expect(system.opened).toEqual(['/dev/ttyACM1']);
  });

  it('passes on why a phone cannot be opened', async () => {
    const system = systemShowing([device('ttyACM0')]);
    const refusal = new UnbrickError({ code: 'PORT_BUSY', stage: 'connect', message: '' });
    system.open = () => Promise.reject(refusal);
    await expect(autoSource(() => {}, system).open(forever)).rejects.toBe(refusal);
  });
});

describe('linuxTtyDevices', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  /** As the kernel shows a CDC-ACM device, one on a generic serial driver, and a terminal. */
  function sysfs(): string {
    const root = mkdtempSync(join(tmpdir(), 'sysfs-'));
    folders.push(root);
    const usb = (name: string, vendor: string, product: string) => {
      const folder = join(root, 'devices/pci0/usb3', name);
      mkdirSync(join(folder, `${name}:1.1/ttyUSB0`), { recursive: true });
      writeFileSync(join(folder, 'idVendor'), `${vendor}\n`);
      writeFileSync(join(folder, 'idProduct'), `${product}\n`);
      mkdirSync(join(root, 'bus/usb/devices'), { recursive: true });
      symlinkSync(folder, join(root, 'bus/usb/devices', name));
      return folder;
    };
    const tty = (name: string, target: string) => {
      mkdirSync(join(root, 'class/tty', name), { recursive: true });
      symlinkSync(target, join(root, 'class/tty', name, 'device'));
    };
    tty('ttyACM0', join(usb('3-1', '0e8d', '2000'), '3-1:1.1'));
    tty('ttyUSB0', join(usb('3-2', '0403', '6001'), '3-2:1.1/ttyUSB0'));
    tty('ttyACM9', join(root, 'gone'));
    mkdirSync(join(root, 'class/tty/tty0'), { recursive: true });
    return root;
  }

  it('finds the USB identity behind each serial device', () => {
    const root = sysfs();
    expect(linuxTtyDevices(root, '/dev')).toEqual([
      { path: '/dev/ttyACM0', vendorId: 0x0e8d, productId: 0x2000, usbDevice: expect.stringMatching(/3-1$/) },
      { path: '/dev/ttyUSB0', vendorId: 0x0403, productId: 0x6001, usbDevice: expect.stringMatching(/3-2$/) },
    ]);
    expect(linuxUsbIdentities(root)).toContainEqual(PRELOADER);
  });

  it('finds nothing where there is no sysfs', () => {
    expect(linuxTtyDevices('/nonexistent')).toEqual([]);
    expect(linuxUsbIdentities('/nonexistent')).toEqual([]);
  });
});

describe('listedDevice', () => {
  it('reads ids from the fields, or from the hardware id of Windows', () => {
    expect(listedDevice({ path: '/dev/tty.usbmodem1', vendorId: '0e8d', productId: '2000', locationId: '14' })).toEqual(
      [{ path: '/dev/tty.usbmodem1', ...PRELOADER, usbDevice: '14' }],
    );
    expect(listedDevice({ path: 'COM5', pnpId: 'USB\\VID_0E8D&PID_0003\\5&1' })).toMatchObject([BROM]);
    expect(listedDevice({ path: 'COM1' })).toEqual([]);
  });
});
