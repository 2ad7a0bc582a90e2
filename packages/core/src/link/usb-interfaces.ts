import { UnbrickError } from '../errors/unbrick-error.js';
import type { WebUsbConfiguration } from './web-usb.js';

/** Where on a device the bytes go. */
export interface UsbEndpoints {
  /** The interface with the bulk endpoints. */
  data: number;
  /** The interface that the requests of a serial port go to. */
  control: number;
  in: number;
  out: number;
  /** Bytes in a full packet. */
  packetSize: number;
}

const CDC_CONTROL = 0x02;
const CDC_DATA = 0x0a;

/**
 * Finds the serial port on a phone in download mode: docs/protocol/bootrom.md, "Preloader USB device". Preloaders number
 * the two interfaces either way, and on some the descriptors that join them are damaged: so those are not asked. The data
 * interface is the first of its class, or failing that the first of any, with a bulk endpoint for each direction.
 *
 * @throws UnbrickError `USB_NO_DATA_INTERFACE` (stage `connect`) when there is none
 */
export function findEndpoints(configuration: WebUsbConfiguration): UsbEndpoints {
  const interfaces = configuration.interfaces.flatMap(({ interfaceNumber, alternate }) => {
    const bulk = (direction: 'in' | 'out') =>
      alternate.endpoints.find((each) => each.type === 'bulk' && each.direction === direction);
    const into = bulk('in');
    const out = bulk('out');
    return into && out ? [{ number: interfaceNumber, class: alternate.interfaceClass, into, out }] : [];
  });
  const data = interfaces.find((each) => each.class === CDC_DATA) ?? interfaces[0];
  if (!data) {
    throw new UnbrickError({
      code: 'USB_NO_DATA_INTERFACE',
      stage: 'connect',
      message: 'The USB device has no channel for data: it is not a phone in download mode.',
      evidence: configuration.interfaces.map(
        ({ interfaceNumber, alternate }) =>
          `interface ${interfaceNumber}: class ${alternate.interfaceClass}, ${alternate.endpoints.length} endpoints`,
      ),
      next: ['Unplug the phone, hold the power key for 15 seconds, and plug it in again.'],
    });
  }
  const control = configuration.interfaces.find((each) => each.alternate.interfaceClass === CDC_CONTROL);
  return {
    data: data.number,
    control: control?.interfaceNumber ?? data.number,
    in: data.into.endpointNumber,
    out: data.out.endpointNumber,
    packetSize: data.into.packetSize,
  };
}
