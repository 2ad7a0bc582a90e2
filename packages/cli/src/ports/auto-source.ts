import { type Port, type PortSource, UnbrickError, usbIdentity, usbIdentityText } from '@unbrick/core';
import { pause } from './pause.js';
import { severalPhones } from './port-errors.js';
import { holderText } from './port-holders.js';
import type { SeenDevice } from './usb-devices.js';
import { thisUsbSystem, type UsbSystem } from './usb-system.js';

/** Milliseconds the system may take to make a serial device of a phone, before it is opened without. */
const DRIVER_MS = 400;

/** Reasons to leave the serial device and open the phone past its driver. */
const TRY_RAW = new Set(['PORT_BUSY', 'PORT_PERMISSION', 'PORT_UNSUPPORTED', 'PORT_FAILED']);

export interface AutoSourceOptions {
  /** Told which way a phone is opened when it is not the usual one, and why; and of phones in other modes. */
  onNote?: (message: string) => void;
  system?: UsbSystem;
}

/**
 * Any phone in download mode that shows up on USB: boot ROM or preloader, by USB identity. It is opened as serial device; on
 * raw USB when it has none or that cannot be had, which is told. With a `previous` port only the same phone counts, known by
 * its place on the bus, and its Download Agent as well.
 *
 * `open` throws UnbrickError `PORT_AMBIGUOUS`, `PORT_BUSY`, `PORT_PERMISSION`, `PORT_FAILED` or `PORT_UNSUPPORTED`.
 */
export function autoSource({ onNote = () => {}, system = thisUsbSystem() }: AutoSourceOptions = {}): PortSource {
  const noteOnce = once(onNote);
  return {
    name: 'auto',
    async open(signal, previous) {
      let wake: () => void = () => {};
      const stopWatching = system.onChange(() => wake());
      /** When each phone without serial device was first seen. */
      const driverless = new Map<string, number>();
      try {
        for (;;) {
          signal.throwIfAborted();
          const devices = await system.devices();
          for (const device of devices) noteOther(device, noteOnce);
          const phones = devices.filter((device) => isWanted(device, previous));
          if (phones.length > 1) throw severalPhones(phones.map(deviceText));
          const [phone] = phones;
          if (phone && isReady(phone, driverless)) {
            try {
              return await openPhone(phone, signal, system, onNote);
            } catch (error) {
              // Gone before it could be opened: the next one will come.
              if (!(error instanceof UnbrickError && error.code === 'PORT_GONE')) throw error;
            }
          }
          const changed = new Promise<void>((resolve) => {
            wake = resolve;
          });
          await Promise.race([pause(system.pollMs, signal), changed]);
        }
      } finally {
        stopWatching();
      }
    },
  };
}

function isWanted(device: SeenDevice, previous: Port | undefined): boolean {
  if (previous?.busPath !== undefined && previous.busPath !== device.busPath) return false;
  const mode = usbIdentity(device)?.mode;
  return mode === 'brom' || mode === 'preloader' || (mode === 'agent' && previous !== undefined);
}

/** A phone is waited for until it has its serial device or has had the time to get one. */
function isReady({ busPath, productId, serialPath }: SeenDevice, driverless: Map<string, number>): boolean {
  if (serialPath !== undefined) return true;
  const key = `${busPath} ${productId}`;
  const now = performance.now();
  const since = driverless.get(key) ?? now;
  driverless.set(key, since);
  return now - since >= DRIVER_MS;
}

async function openPhone(
  phone: SeenDevice,
  signal: AbortSignal,
  system: UsbSystem,
  note: (message: string) => void,
): Promise<Port> {
  if (phone.serialPath === undefined) {
    note(`Using raw USB (usb:${phone.busPath}): the system has made no serial device of the phone.`);
    return system.openRaw(phone.busPath, signal);
  }
  const refusal = await openSerial(phone, phone.serialPath, signal, system);
  if (!(refusal instanceof UnbrickError)) return refusal;
  try {
    const port = await system.openRaw(phone.busPath, signal);
    note(`Using raw USB (usb:${phone.busPath}): ${refusal.message} ${refusal.evidence.join('; ')}`);
    return port;
  } catch (cause) {
    if (!(cause instanceof UnbrickError) || cause.code === 'PORT_GONE') throw cause;
    throw refusal.with({ evidence: [`on raw USB as well: ${cause.message}`, ...cause.evidence] });
  }
}

/** The phone on its serial device, or why it should be tried without. */
async function openSerial(
  phone: SeenDevice,
  path: string,
  signal: AbortSignal,
  system: UsbSystem,
): Promise<Port | UnbrickError> {
  let port: Port;
  try {
    port = await system.openSerial(path, phone, signal);
  } catch (cause) {
    if (!(cause instanceof UnbrickError) || !TRY_RAW.has(cause.code)) throw cause;
    return cause;
  }
  // A program that has opened the device without locking it takes away the phone's answers.
  const others = await system.holders(path);
  if (others.length === 0) return Object.assign(port, { busPath: phone.busPath });
  await port.close();
  return new UnbrickError({
    code: 'PORT_BUSY',
    stage: 'connect',
    message: `Another program uses ${path}.`,
    evidence: others.map((holder) => `held by ${holderText(holder)}`),
    next: [`Close it: ${others.map(holderText).join(', ')}.`],
  });
}

function once(note: (text: string) => void): (text: string) => void {
  const noted = new Set<string>();
  return (text) => {
    if (noted.has(text)) return;
    noted.add(text);
    note(text);
  };
}

function noteOther(device: SeenDevice, note: (text: string) => void): void {
  const mode = usbIdentity(device)?.mode;
  const text = usbIdentityText(device);
  if (mode === 'android') {
    note(`Seen ${text}: the phone is running and cannot be flashed like this. Switch it off, then plug it in again.`);
  } else if (mode === 'agent') {
    note(`Seen ${text}, left over from an earlier job: hold the power key for 15 to 20 seconds, then plug in again.`);
  }
}

function deviceText(device: SeenDevice): string {
  const serial = device.serialPath === undefined ? '' : ` or serial:${device.serialPath}`;
  return `usb:${device.busPath}${serial} (${usbIdentityText(device)})`;
}
