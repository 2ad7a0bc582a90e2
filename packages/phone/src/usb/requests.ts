import {
  configurationDescriptor,
  DescriptorType,
  type DeviceFacts,
  deviceDescriptor,
  deviceQualifier,
  stringDescriptor,
} from './descriptors.js';
import type { UsbFace } from './faces.js';
import type { UsbSetup } from './usb-device.js';

const GET_STATUS = 0;
const GET_DESCRIPTOR = 6;
const SET_LINE_CODING = 0x20;
const GET_LINE_CODING = 0x21;
const SET_CONTROL_LINE_STATE = 0x22;
const SEND_BREAK = 0x23;

const IN = 0x80;
const TYPE = 0x60;
const STANDARD = 0x00;
const CLASS = 0x20;
const NOTHING = new Uint8Array(0);
/** 921600 8N1, whatever was set. */
const LINE_CODING = Uint8Array.of(0x00, 0x10, 0x0e, 0x00, 0x00, 0x00, 0x08);

/**
 * Answers control transfers as preloaders do (docs/protocol/bootrom.md, "Control transfers"): descriptors and status, the
 * CDC requests of a serial port, nothing else. `onPortSetUp` is told when a driver sets the line coding.
 */
export function answerRequest(face: UsbFace, setup: UsbSetup, onPortSetUp: () => void): Uint8Array | 'stall' {
  const { requestType, request, value } = setup;
  const isIn = (requestType & IN) !== 0;
  switch (requestType & TYPE) {
    case STANDARD:
      if (isIn && request === GET_DESCRIPTOR) return descriptor(face, value >> 8, value & 0xff);
      if (isIn && request === GET_STATUS) return new Uint8Array(2);
      // SET_INTERFACE and CLEAR_FEATURE among others; address and configuration never come this far.
      return 'stall';
    case CLASS:
      if (isIn) return request === GET_LINE_CODING ? LINE_CODING : 'stall';
      if (request === SET_LINE_CODING) {
        onPortSetUp();
        return NOTHING;
      }
      return request === SET_CONTROL_LINE_STATE || request === SEND_BREAK ? NOTHING : 'stall';
    default:
      // Vendor requests are ignored, which ends without data.
      return NOTHING;
  }
}

function descriptor(face: UsbFace, type: number, index: number): Uint8Array | 'stall' {
  switch (type) {
    case DescriptorType.DEVICE:
      return deviceDescriptor(face.device, face.speed);
    case DescriptorType.DEVICE_QUALIFIER:
      return face.speed === 'high' ? deviceQualifier(face.device) : 'stall';
    case DescriptorType.CONFIGURATION:
      return configurationDescriptor(face.configuration);
    case DescriptorType.STRING: {
      if (index === 0) return hasNames(face.device) ? stringDescriptor(undefined) : 'stall';
      const text = face.strings[index];
      return text === undefined ? 'stall' : stringDescriptor(text);
    }
    default:
      return 'stall';
  }
}

const hasNames = ({ manufacturer, product, serialNumber }: DeviceFacts) => manufacturer + product + serialNumber > 0;
