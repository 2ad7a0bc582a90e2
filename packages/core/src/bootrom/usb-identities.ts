import type { PortIdentity } from '../link/port.js';
import { hex, USB_VENDOR_MEDIATEK, UsbProduct } from '../wire/index.js';

/**
 * What a USB identity means for us: `brom` and `preloader` speak the boot protocol, `agent` is a Download Agent that is
 * already running, `android` is a phone whose kernel runs (META mode and ADB as well) and cannot be flashed like that.
 */
export type UsbMode = 'brom' | 'preloader' | 'agent' | 'android';

export interface UsbIdentity extends PortIdentity {
  mode: UsbMode;
  /** For people. */
  name: string;
}

const LG = 0x1004;
const OPPO = 0x22d9;
const SONY = 0x0fce;
const MOTOROLA = 0x22b8;
const HTC = 0x0bb4;

const MAKERS = new Map([
  [USB_VENDOR_MEDIATEK, 'MediaTek'],
  [LG, 'LG'],
  [OPPO, 'OPPO/realme/OnePlus'],
  [SONY, 'Sony'],
  [MOTOROLA, 'Motorola'],
  [HTC, 'HTC'],
]);

/** Whose vendor id it is; empty for one that is none of ours. */
export function makerOf({ vendorId }: Pick<PortIdentity, 'vendorId'>): string {
  return MAKERS.get(vendorId) ?? '';
}

const of = (mode: UsbMode, what: string, vendorId: number, ...productIds: number[]): UsbIdentity[] => {
  const name = mode === 'brom' || mode === 'preloader' ? `${makerOf({ vendorId })} ${what}` : what;
  return productIds.map((productId) => ({ vendorId, productId, mode, name }));
};

/** Known identities: docs/protocol/bootrom.md, "USB identities". */
export const USB_IDENTITIES: readonly UsbIdentity[] = [
  ...of('brom', 'boot ROM', USB_VENDOR_MEDIATEK, UsbProduct.BROM),
  ...of('brom', 'boot ROM', SONY, 0xf200, 0xd1e9, 0xd1e2, 0xd1ec, 0xd1dd),
  ...of('preloader', 'preloader', USB_VENDOR_MEDIATEK, UsbProduct.PRELOADER, UsbProduct.PRELOADER_ALT, 0x3000),
  ...of('preloader', 'preloader', LG, 0x6000, 0x61f1),
  ...of('preloader', 'preloader', OPPO, 0x0006),
  ...of('preloader', 'preloader', MOTOROLA, 0x2ec5),
  ...of('agent', 'running Download Agent', USB_VENDOR_MEDIATEK, UsbProduct.AGENT),
  ...of('android', 'META mode', USB_VENDOR_MEDIATEK, 0x2006, 0x2007, 0x200a, 0x200e, 0x2026, 0x202d, 0x2040),
  ...of('android', 'META mode', HTC, 0x0005, 0x2005),
  ...of('android', 'META mode', MOTOROLA, 0x2e76),
  ...of('android', 'Android (ADB)', USB_VENDOR_MEDIATEK, 0x201c),
  ...of('android', 'modem or debug port', USB_VENDOR_MEDIATEK, 0x0023),
  ...of('android', 'charging or booted phone', USB_VENDOR_MEDIATEK, 0x20ff),
];

/** What is known about this identity; undefined for a device that is none of ours. */
export function usbIdentity({ vendorId, productId }: PortIdentity): UsbIdentity | undefined {
  return USB_IDENTITIES.find((known) => known.vendorId === vendorId && known.productId === productId);
}

/** `0e8d:2000`. */
export function usbIdText({ vendorId, productId }: PortIdentity): string {
  const digits = (id: number) => hex(id, 4).slice(2);
  return `${digits(vendorId)}:${digits(productId)}`;
}

/** `0e8d:2000 MediaTek preloader`. */
export function usbIdentityText(identity: PortIdentity): string {
  const name = usbIdentity(identity)?.name;
  return `${usbIdText(identity)}${name ? ` ${name}` : ''}`;
}
