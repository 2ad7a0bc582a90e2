import { hexBytes } from '@unbrick/core/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { testPhone } from '../testing/test-phone.fixture.js';
import type { UsbBus, UsbDevice } from './usb-device.js';
import { UsbPhone, type UsbPhoneOptions } from './usb-phone.js';

const never = new AbortController().signal;

/** One port of a host that tells who is plugged in. */
class TestBus implements UsbBus {
  device: UsbDevice | undefined;
  readonly history: string[] = [];
  #wake: () => void = () => {};

  async attach(device: UsbDevice): Promise<void> {
    this.device = device;
    this.history.push(device.deviceDescriptor.productId.toString(16).padStart(4, '0'));
    this.#wake();
  }

  async detach(): Promise<void> {
    if (this.device) this.history.push('gone');
    this.device = undefined;
    this.#wake();
  }

  async until(condition: () => boolean): Promise<UsbDevice> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.device as UsbDevice;
  }

  plugged = () => this.until(() => this.device !== undefined);
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

function plugIn(profile: string, options: Parameters<typeof testPhone>[1] = {}, usb: UsbPhoneOptions = {}) {
  const { phone, log } = testPhone(profile, options);
  const bus = new TestBus();
  const usbPhone = new UsbPhone(phone, bus, usb);
  open.push(usbPhone, phone);
  return { bus, usbPhone, log };
}

const setLineCoding = (device: UsbDevice) =>
  device.control({ requestType: 0x21, request: 0x20, value: 0, index: 1, length: 7 }, new Uint8Array(7));
const read = async (device: UsbDevice, length = 512) => hexBytes(await device.in(0x81, length, never));
const write = (device: UsbDevice, ...bytes: number[]) => device.out(1, Uint8Array.from(bytes), never);

/** A preloader throws away the read with the first byte, so that one goes ahead. */
async function shakeHands(device: UsbDevice): Promise<void> {
  await write(device, 0xa0);
  await new Promise((resolve) => setTimeout(resolve, 30));
  const answers: string[] = [];
  for (const byte of [0xa0, 0x0a, 0x50, 0x05]) {
    await write(device, byte);
    answers.push(await read(device));
  }
  expect(answers).toEqual(['5f', 'f5', 'af', 'fa']);
}

describe('a phone on USB', () => {
  it('says READY only after a driver has set the port up', async () => {
    const { bus } = plugIn('mt6735-emmc');
    const device = await bus.plugged();
    device.configured();
    const reading = read(device);
    const first = await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 60, 'silence'))]);
    expect(first).toBe('silence');
    setLineCoding(device);
    expect(await reading).toBe('5245414459');
  });

  it('counts its window from the moment it is configured, and boots on', async () => {
    const { bus, log } = plugIn('mt6735-emmc', { windowMs: 50, replugMs: 1 });
    const device = await bus.plugged();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(bus.history).toEqual(['2000']);
    device.configured();
    await bus.until(() => bus.history.length >= 3);
    expect(bus.history).toEqual(['2000', 'gone', '2000']);
    expect(log.find((entry) => entry.what === 'LEAVE')).toMatchObject({ detail: { next: 'boot' } });
  });

  it('gives each reply as a packet of its own', async () => {
    const { bus } = plugIn('mt6580-emmc', { mode: 'brom' });
    const device = await bus.plugged();
    device.configured();
    expect(device.speed).toBe('full');
    for (const byte of [0xa0, 0x0a, 0x50]) await write(device, byte);
    expect([await read(device, 64), await read(device, 64), await read(device, 64)]).toEqual(['5f', 'f5', 'af']);
  });

  it('loses what a preloader says while nobody asks for it', async () => {
    const { bus } = plugIn('mt6735-emmc');
    const device = await bus.plugged();
    device.configured();
    await shakeHands(device);
    await write(device, 0xfd);
    await new Promise((resolve) => setTimeout(resolve, 350));
    await write(device, 0xfe);
    expect(await read(device)).not.toBe('fd');
  });

  it('takes no transfer away from a host that cancels it', async () => {
    const { bus } = plugIn('mt6580-emmc', { mode: 'brom' });
    const device = await bus.plugged();
    device.configured();
    const cancelled = new AbortController();
    const reading = device.in(0x81, 64, cancelled.signal);
    cancelled.abort(new Error('cancelled'));
    await expect(reading).rejects.toThrow('cancelled');
    await write(device, 0xa0);
    expect(await read(device, 64)).toBe('5f');
  });

  it('is off when the cable is pulled, and comes back', async () => {
    const { bus, usbPhone, log } = plugIn('mt6735-emmc');
    const device = await bus.plugged();
    device.configured();
    await shakeHands(device);
    await usbPhone.pullCable();
    await bus.until(() => bus.history.length >= 3);
    expect(bus.history).toEqual(['2000', 'gone', '2000']);
    expect(log.filter((entry) => entry.what === 'LEAVE')).toMatchObject([{ detail: { next: 'unplugged' } }]);
  });

  it('comes back under the identity of its agent', async () => {
    const { bus } = plugIn('mt6735-emmc', {
      agent: async ({ wire }) => {
        await wire.reEnumerate(0x2001);
        return new Promise(() => {});
      },
    });
    const device = await bus.plugged();
    device.configured();
    await shakeHands(device);
    const exchange = async (text: string) => {
      await write(device, ...(text.match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16)));
      return read(device);
    };
    for (const value of ['d7', '00200000', '00000002', '00000000']) expect(await exchange(value)).toBe(value);
    expect(await read(device)).toBe('0000');
    expect(await exchange('0102')).toBe('0201');
    expect(await read(device)).toBe('0000');
    expect(await exchange('d5')).toBe('d5');
    expect(await exchange('00200000')).toBe('00200000');
    expect(await read(device)).toBe('0000');
    await bus.until(() => bus.history.length >= 3);
    expect(bus.history).toEqual(['2000', 'gone', '2001']);
    expect(bus.device?.speed).toBe('high');
  });
});
