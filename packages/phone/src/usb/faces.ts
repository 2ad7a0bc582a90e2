import { USB_VENDOR_MEDIATEK, UsbProduct } from '@unbrick/core/wire';
import type { ConfigurationFacts, DeviceFacts, EndpointFacts, InterfaceFacts } from './descriptors.js';

/**
 * How preloaders differ on USB (docs/protocol/bootrom.md, "Preloader USB device"): `musb` sends the data interface as
 * number 0, `ssusb` as number 1, `composite` (LG) has a third, vendor-specific interface and a serial number.
 */
export type PreloaderVariant = 'musb' | 'ssusb' | 'composite';

/** Everything a host can ask a device about itself. */
export interface UsbFace {
  speed: 'full' | 'high';
  device: DeviceFacts;
  configuration: ConfigurationFacts;
  /** By index; none has index 0. */
  strings: Readonly<Record<number, string>>;
}

const BULK = 2;
const INTERRUPT = 3;
const COMMUNICATION = { class: 2, subclass: 2, protocol: 1 } as const;
const DATA = { class: 0x0a, subclass: 0, protocol: 0 } as const;
const CDC_HEADER = [0x00, 0x10, 0x01] as const;

const bulkPair = (number: number, packetSize: number): EndpointFacts[] => [
  { address: number, type: BULK, packetSize, interval: 0 },
  { address: 0x80 | number, type: BULK, packetSize, interval: 0 },
];
const notifications = (address: number): EndpointFacts[] => [
  { address, type: INTERRUPT, packetSize: 64, interval: 0x10 },
];

/** A CDC device in the order in which preloaders declare it: their own order of functional descriptors, RTS/DTR and break. */
function preloaderControl(number: number, dataNumber: number, interrupt: number, description: number): InterfaceFacts {
  return {
    ...COMMUNICATION,
    number,
    description,
    functions: [CDC_HEADER, [0x02, 0x0f], [0x06, number, dataNumber], [0x01, 0x03, dataNumber]],
    endpoints: notifications(interrupt),
  };
}

const device = (vendorId: number, productId: number): DeviceFacts => ({
  deviceClass: 2,
  deviceSubclass: 0,
  deviceProtocol: 0,
  controlPacketSize: 64,
  vendorId,
  productId,
  deviceVersion: 0x0100,
  manufacturer: 0,
  product: 0,
  serialNumber: 0,
});

/** The boot ROM: full speed, no names. */
export function bromFace(): UsbFace {
  return { speed: 'full', ...plainFace(device(USB_VENDOR_MEDIATEK, UsbProduct.BROM), 64), strings: {} };
}

/** A Download Agent that has enumerated by itself. Nothing but its identity and speed is known; the rest is like the boot ROM. */
export function agentFace(vendorId: number, productId: number): UsbFace {
  return { speed: 'high', ...plainFace(device(vendorId, productId), 512), strings: {} };
}

function plainFace(facts: DeviceFacts, packetSize: number): Pick<UsbFace, 'device' | 'configuration'> {
  return {
    device: facts,
    configuration: {
      description: 0,
      attributes: 0x80,
      maxPower: 250,
      interfaces: [
        {
          ...COMMUNICATION,
          number: 0,
          description: 0,
          functions: [CDC_HEADER, [0x02, 0x02], [0x06, 0, 1], [0x01, 0x03, 0x01]],
          endpoints: notifications(0x83),
        },
        { ...DATA, number: 1, description: 0, endpoints: bulkPair(1, packetSize) },
      ],
    },
  };
}

const PRELOADER_STRINGS = {
  1: 'MediaTek',
  2: 'MT65xx Preloader',
  3: 'USB CDC ACM for preloader',
  4: 'CDC ACM Data Interface',
};

export interface PreloaderFaceOptions {
  variant: PreloaderVariant;
  /** The compiler padded the descriptors, as on MT6789; Linux then finds no interrupt endpoint and offers no serial device. */
  padded?: boolean;
}

export function preloaderFace({ variant, padded = false }: PreloaderFaceOptions): UsbFace {
  const named = { ...device(USB_VENDOR_MEDIATEK, UsbProduct.PRELOADER), manufacturer: 1, product: 2 };
  const power = { description: 3, attributes: 0xc0, padded };
  switch (variant) {
    case 'musb':
      return {
        speed: 'high',
        device: named,
        configuration: {
          ...power,
          maxPower: 0xfa,
          interfaces: [
            { ...DATA, number: 0, description: 4, endpoints: bulkPair(1, 512) },
            preloaderControl(1, 0, 0x83, 5),
          ],
        },
        strings: { ...PRELOADER_STRINGS, 5: 'CDC ACM Communication Interface' },
      };
    case 'ssusb':
      return {
        speed: 'high',
        device: named,
        configuration: {
          ...power,
          maxPower: 0x32,
          // The data interface comes first although it is number 1.
          interfaces: [
            { ...DATA, number: 1, description: 4, endpoints: bulkPair(1, 512) },
            preloaderControl(0, 1, 0x83, 5),
          ],
        },
        strings: { ...PRELOADER_STRINGS, 5: 'CDC ACM Comm Interface' },
      };
    case 'composite':
      return {
        speed: 'high',
        device: { ...named, vendorId: 0x1004, productId: 0x61f1, serialNumber: 6 },
        configuration: {
          ...power,
          maxPower: 0xfa,
          interfaces: [
            preloaderControl(0, 1, 0x81, 5),
            { ...DATA, number: 1, description: 4, endpoints: bulkPair(2, 512) },
            { class: 0xff, subclass: 0xff, protocol: 0, number: 2, description: 7, endpoints: bulkPair(4, 512) },
          ],
        },
        strings: {
          ...PRELOADER_STRINGS,
          5: 'CDC ACM Communication Interface',
          6: 'LGH000000000000',
          7: 'Serial Interface',
        },
      };
  }
}
