import { bytes, concat, type StructValue, struct, u8, u16 } from '@unbrick/core/wire';

/** Standard and CDC descriptors, as USB 2.0 (9.6) and CDC 1.1 (5.2.3) lay them out. */
export const DescriptorType = {
  DEVICE: 1,
  CONFIGURATION: 2,
  STRING: 3,
  INTERFACE: 4,
  ENDPOINT: 5,
  DEVICE_QUALIFIER: 6,
  CS_INTERFACE: 0x24,
} as const;

const DeviceDescriptor = struct('little', {
  length: u8,
  type: u8,
  usbVersion: u16,
  deviceClass: u8,
  deviceSubclass: u8,
  deviceProtocol: u8,
  controlPacketSize: u8,
  vendorId: u16,
  productId: u16,
  deviceVersion: u16,
  manufacturer: u8,
  product: u8,
  serialNumber: u8,
  configurations: u8,
});
const DeviceQualifier = struct('little', {
  length: u8,
  type: u8,
  usbVersion: u16,
  deviceClass: u8,
  deviceSubclass: u8,
  deviceProtocol: u8,
  controlPacketSize: u8,
  configurations: u8,
  reserved: u8,
});
const ConfigurationDescriptor = struct('little', {
  length: u8,
  type: u8,
  totalLength: u16,
  interfaces: u8,
  value: u8,
  description: u8,
  attributes: u8,
  /** In units of 2 mA. */
  maxPower: u8,
});
const InterfaceDescriptor = struct('little', {
  length: u8,
  type: u8,
  number: u8,
  alternate: u8,
  endpoints: u8,
  class: u8,
  subclass: u8,
  protocol: u8,
  description: u8,
});
const EndpointDescriptor = struct('little', {
  length: u8,
  type: u8,
  address: u8,
  attributes: u8,
  packetSize: u16,
  interval: u8,
});
const FunctionalDescriptor = (count: number) =>
  struct('little', { length: u8, type: u8, subtype: u8, content: bytes(count) });

export type DeviceFacts = Omit<
  StructValue<typeof DeviceDescriptor>,
  'length' | 'type' | 'usbVersion' | 'configurations'
>;

export interface EndpointFacts {
  /** With the direction bit. */
  address: number;
  /** 2 bulk, 3 interrupt. */
  type: number;
  packetSize: number;
  interval: number;
}

export interface InterfaceFacts {
  number: number;
  class: number;
  subclass: number;
  protocol: number;
  /** Index of its name. */
  description: number;
  /** CDC functional descriptors: subtype and what follows it, in order. */
  functions?: readonly (readonly number[])[];
  endpoints: readonly EndpointFacts[];
}

export interface ConfigurationFacts {
  description: number;
  attributes: number;
  maxPower: number;
  /** In the order in which they are sent. */
  interfaces: readonly InterfaceFacts[];
  /** The compiler has padded the structures: endpoint descriptors of 8 bytes, a union descriptor of 6. */
  padded?: boolean;
}

/** Total length that padded structures claim; the last byte of what they hold is missing. */
const PADDED_TOTAL = 0x46;
const UNION = 0x06;
const HIGH_SPEED_USB = 0x0200;
const FULL_SPEED_USB = 0x0110;

export function deviceDescriptor(facts: DeviceFacts, speed: 'full' | 'high'): Uint8Array {
  return DeviceDescriptor.build({
    length: DeviceDescriptor.size,
    type: DescriptorType.DEVICE,
    usbVersion: speed === 'high' ? HIGH_SPEED_USB : FULL_SPEED_USB,
    configurations: 1,
    ...facts,
  });
}

/** What a high-speed device tells about itself at the other speed. */
export function deviceQualifier(facts: DeviceFacts): Uint8Array {
  const { deviceClass, deviceSubclass, deviceProtocol } = facts;
  return DeviceQualifier.build({
    length: DeviceQualifier.size,
    type: DescriptorType.DEVICE_QUALIFIER,
    usbVersion: HIGH_SPEED_USB,
    deviceClass,
    deviceSubclass,
    deviceProtocol,
    controlPacketSize: 16,
    configurations: 1,
    reserved: 0,
  });
}

/** The configuration with its interfaces, functional descriptors and endpoints. */
export function configurationDescriptor(facts: ConfigurationFacts): Uint8Array {
  const { interfaces, padded = false, description, attributes, maxPower } = facts;
  const body = concat(...interfaces.flatMap((each) => interfaceDescriptors(each, padded)));
  const totalLength = padded ? PADDED_TOTAL : ConfigurationDescriptor.size + body.length;
  const head = ConfigurationDescriptor.build({
    length: ConfigurationDescriptor.size,
    type: DescriptorType.CONFIGURATION,
    totalLength,
    interfaces: interfaces.length,
    value: 1,
    description,
    attributes,
    maxPower,
  });
  return concat(head, body).subarray(0, totalLength);
}

function interfaceDescriptors(facts: InterfaceFacts, padded: boolean): Uint8Array[] {
  const { functions = [], endpoints, ...rest } = facts;
  const endpointLength = padded ? EndpointDescriptor.size + 1 : EndpointDescriptor.size;
  return [
    InterfaceDescriptor.build({
      ...rest,
      length: InterfaceDescriptor.size,
      type: DescriptorType.INTERFACE,
      alternate: 0,
      endpoints: endpoints.length,
    }),
    ...functions.map(([subtype = 0, ...content]) => {
      const layout = FunctionalDescriptor(content.length + (padded && subtype === UNION ? 1 : 0));
      const type = DescriptorType.CS_INTERFACE;
      return layout.build({ length: layout.size, type, subtype, content: Uint8Array.from(content) });
    }),
    ...endpoints.flatMap(({ address, type, packetSize, interval }) => [
      EndpointDescriptor.build({
        length: endpointLength,
        type: DescriptorType.ENDPOINT,
        address,
        attributes: type,
        packetSize,
        interval,
      }),
      new Uint8Array(endpointLength - EndpointDescriptor.size),
    ]),
  ];
}

/** Index 0 gives the language: American English, as everybody's. */
export function stringDescriptor(text: string | undefined): Uint8Array {
  const content = text === undefined ? Uint8Array.of(0x09, 0x04) : utf16(text);
  return concat(Uint8Array.of(content.length + 2, DescriptorType.STRING), content);
}

function utf16(text: string): Uint8Array {
  return concat(...Array.from(text, (letter) => u16Bytes(letter.charCodeAt(0))));
}

const u16Bytes = (value: number) => Uint8Array.of(value & 0xff, value >> 8);
