import { makerOf, usbIdentity, usbIdText } from '../bootrom/usb-identities.js';
import { say, type Wording } from '../explain/wording.js';
import type { ObservedDevice } from '../link/observation.js';

/**
 * What a USB device tells about the state of the phone behind it. `brom`, `preloader`: ready for a tool; `agent`: a Download
 * Agent still runs; `unreadable`: its first descriptor could not be read (Windows shows such devices as 0000:0002);
 * the rest are modes of a phone that has booted.
 */
export type DeviceKind =
  | 'brom'
  | 'preloader'
  | 'agent'
  | 'meta'
  | 'fastboot'
  | 'adb'
  | 'mtp'
  | 'charging'
  | 'debug'
  | 'unreadable';

/** Interfaces that phones of every maker have in common: class, subclass, protocol. */
const BY_INTERFACE: readonly [string, DeviceKind][] = [
  ['ff4203', 'fastboot'],
  ['ff4201', 'adb'],
  ['060101', 'mtp'],
];

const GOOGLE = 0x18d1;
const HTC = 0x0bb4;
const MEDIATEK = 0x0e8d;

/** Identities of booted phones that are no boot stage of ours; docs/protocol/bootrom.md and modes of common gadgets. */
const BY_IDENTITY: readonly [vendorId: number, productId: number, kind: DeviceKind][] = [
  [GOOGLE, 0x4ee0, 'fastboot'],
  [GOOGLE, 0xd00d, 'fastboot'],
  [HTC, 0x0c01, 'fastboot'],
  [GOOGLE, 0x4ee1, 'mtp'],
  [GOOGLE, 0x4ee2, 'adb'],
  [GOOGLE, 0x4ee7, 'adb'],
  [MEDIATEK, 0x2008, 'mtp'],
  [MEDIATEK, 0x201c, 'adb'],
  [MEDIATEK, 0x20ff, 'charging'],
  [MEDIATEK, 0x0023, 'debug'],
  [0, 2, 'unreadable'],
];

/** Undefined for what is no phone. */
export function deviceKind(device: ObservedDevice): DeviceKind | undefined {
  const known = usbIdentity(device);
  if (known && known.mode !== 'android') return known.mode;
  // What a device says of its interfaces outweighs numbers that makers have used for more than one mode.
  const byInterface = BY_INTERFACE.find(([code]) => device.interfaces?.includes(code));
  if (byInterface) return byInterface[1];
  const byIdentity = BY_IDENTITY.find(
    ([vendorId, productId]) => vendorId === device.vendorId && productId === device.productId,
  );
  return byIdentity?.[2] ?? (known ? 'meta' : undefined);
}

/** For people, in their language: `0e8d:2000 MediaTek preloader`. */
export function deviceText(device: ObservedDevice, kind: DeviceKind, wording: Wording): string {
  return `${usbIdText(device)} ${say(wording.guide.device[kind], { maker: makerOf(device) }, wording)}`;
}
