import { type Port, type PortSource, UnbrickError, usbIdentity, usbIdentityText } from '@unbrick/core';
import { BusWatch } from './bus-watch.js';
import { pause } from './pause.js';
import { severalPhones } from './port-errors.js';
import { holderText } from './port-holders.js';
import { tellRefusal } from './tell-refusal.js';
import type { SeenDevice } from './usb-devices.js';
import { thisUsbSystem, type UsbSystem } from './usb-system.js';

/** Milliseconds the system may take to make a serial device of a phone, before it is opened without. */
const DRIVER_MS = 400;

/** Reasons to leave the serial device and open the phone past its driver. */
const TRY_RAW = new Set(['PORT_BUSY', 'PORT_PERMISSION', 'PORT_UNSUPPORTED', 'PORT_FAILED']);

export type ChoosePhone = (phones: readonly SeenDevice[]) => Promise<string>;

export interface AutoSourceOptions {
  /** Told which way a phone is opened when it is not the usual one, and why. */
  onNote?: (message: string) => void;
  /** Asked which of several phones is meant; gives its bus path. Without it several phones are an error. */
  choose?: ChoosePhone;
  system?: UsbSystem;
}

/**
 * Any phone in download mode that shows up on USB: boot ROM or preloader, by USB identity. It is opened as serial device; on
 * raw USB when it has none or that cannot be had, which is told. With a `previous` port only the same phone counts, known by
 * its place on the bus, and its Download Agent as well.
 *
 * `open` throws UnbrickError `PORT_AMBIGUOUS`, `PORT_BUSY`, `PORT_PERMISSION`, `PORT_FAILED` or `PORT_UNSUPPORTED`.
 */
export function autoSource({
  onNote = () => {},
  choose,
  system = thisUsbSystem(),
}: AutoSourceOptions = {}): PortSource {
  /** Where the phone is that the user has chosen. */
  let chosen: string | undefined;
  return {
    name: 'auto',
    async open(signal, previous, observe) {
      const bus = new BusWatch(system, observe);
      let wake: () => void = () => {};
      const stopWatching = system.onChange(() => wake());
      /** When each phone without serial device was first seen. */
      const driverless = new Map<string, number>();
      try {
        for (;;) {
          signal.throwIfAborted();
          const phones = (await bus.look()).filter(
            (device) => (chosen ?? device.busPath) === device.busPath && isWanted(device, previous),
          );
          if (phones.length > 1) {
            if (!choose) throw severalPhones(phones.map(deviceText));
            // The one that is chosen may have gone meanwhile; it is waited for.
            chosen = await choose(phones);
            continue;
          }
          const [phone] = phones;
          if (phone && isReady(phone, driverless)) {
            try {
              const port = await openPhone(phone, signal, system, onNote);
              observe?.({ kind: 'opened', port: port.name });
              return port;
            } catch (error) {
              tellRefusal(error, phone.serialPath ?? `usb:${phone.busPath}`, observe);
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
    const port = await system.openRaw(phone.busPath, signal);
    note(`Using raw USB (usb:${phone.busPath}): the system has made no serial device of the phone.`);
    return port;
  }
  const refusal = await openSerial(phone, phone.serialPath, signal, system);
  if (!(refusal instanceof UnbrickError)) return refusal;
  try {
    const port = await system.openRaw(phone.busPath, signal);
    note(`Using raw USB (usb:${phone.busPath}): ${refusal.message} ${refusal.evidence.join('; ')}`);
    return port;
  } catch (cause) {
    if (!(cause instanceof UnbrickError)) throw cause;
    // What kept the phone from being opened while it was there matters more than that it has gone.
    if (cause.code === 'PORT_GONE') throw refusal;
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

function deviceText(device: SeenDevice): string {
  const serial = device.serialPath === undefined ? '' : ` or serial:${device.serialPath}`;
  return `usb:${device.busPath}${serial} (${usbIdentityText(device)})`;
}
