import { type Port, type PortSource, UnbrickError, UsbPort } from '@unbrick/core';
import { BusWatch } from './bus-watch.js';
import { busPathOf, type NativeUsb, NodeUsbDevice, nativeUsb } from './node-usb.js';
import { pause } from './pause.js';
import { portBusy, portFailed, portForbidden, portGone } from './port-errors.js';
import { tellRefusal } from './tell-refusal.js';
import { thisUsbSystem } from './usb-system.js';

/** Milliseconds between two looks for a device that is not there: its window may be a second. */
const LOOK_MS = 25;
/** A fresh device belongs to root until udev has given it away, may not be configured yet, or a driver may just be taking it. */
const UDEV_MS = 1000;

/**
 * Opens the device at a bus path past its drivers, giving udev the time to hand it over.
 * @throws UnbrickError `PORT_GONE`, `PORT_BUSY`, `PORT_PERMISSION`, `PORT_FAILED`, `USB_NO_DATA_INTERFACE`,
 *   `USB_UNSUPPORTED`
 */
export async function openRawUsb(busPath: string, signal: AbortSignal, usb?: NativeUsb): Promise<Port> {
  const library = usb ?? (await nativeUsb());
  const deadline = performance.now() + UDEV_MS;
  for (;;) {
    signal.throwIfAborted();
    try {
      const device = await find(library, busPath);
      if (!device) throw portGone(`usb:${busPath}`);
      return await UsbPort.open(new NodeUsbDevice(device), `usb:${busPath}`, busPath);
    } catch (cause) {
      const error = asUnbrickError(cause, `usb:${busPath}`);
      const early = /not configured/.test(String(cause));
      if (!early && error.code !== 'PORT_PERMISSION' && error.code !== 'PORT_BUSY') throw error;
      if (performance.now() > deadline) throw error;
      await pause(LOOK_MS, signal);
    }
  }
}

/** The device at one bus path, opened past its drivers whenever it is there. */
export function rawUsbSource(busPath: string): PortSource {
  return {
    name: `usb:${busPath}`,
    async open(signal, _previous, observe) {
      const usb = await nativeUsb();
      const bus = new BusWatch(thisUsbSystem(), observe);
      for (;;) {
        signal.throwIfAborted();
        if (observe) await bus.look();
        try {
          const port = await openRawUsb(busPath, signal, usb);
          observe?.({ kind: 'opened', port: port.name });
          return port;
        } catch (error) {
          tellRefusal(error, `usb:${busPath}`, observe);
          if (!(error instanceof UnbrickError && error.code === 'PORT_GONE')) throw error;
        }
        await pause(LOOK_MS, signal);
      }
    },
  };
}

async function find(usb: NativeUsb, busPath: string) {
  try {
    return (await usb.getDevices()).find((device) => busPathOf(device) === busPath);
  } catch (cause) {
    // A container without the system's device tree.
    throw portFailed('USB', cause);
  }
}

function asUnbrickError(cause: unknown, name: string): UnbrickError {
  if (cause instanceof UnbrickError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/errno 13\b|errno 1\b|access|permission/i.test(text)) return portForbidden(name, cause);
  if (/errno 16\b|busy/i.test(text)) return portBusy(name, cause);
  if (/disconnect|no such device|not found|errno 19\b|errno 2\b/i.test(text)) return portGone(name, cause);
  return portFailed(name, cause);
}
