import { hexBytes } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { configurationDescriptor, deviceDescriptor } from './descriptors.js';
import { agentFace, bromFace, preloaderFace, type UsbFace } from './faces.js';
import { answerRequest } from './requests.js';

const device = (face: UsbFace) => hexBytes(deviceDescriptor(face.device, face.speed));
const configuration = (face: UsbFace) => hexBytes(configurationDescriptor(face.configuration));
const bytes = (text: string) => text.replaceAll(/\s/g, '').toLowerCase();

describe('USB faces', () => {
  it('shows the boot ROM at full speed and without names', () => {
    expect(device(bromFace())).toBe(bytes('12 01 10 01 02 00 00 40 8D 0E 03 00 00 01 00 00 00 01'));
    expect(configuration(bromFace())).toBe(
      bytes(`09 02 43 00 02 01 00 80 FA
        09 04 00 00 01 02 02 01 00  05 24 00 10 01  04 24 02 02  05 24 06 00 01  05 24 01 03 01  07 05 83 03 40 00 10
        09 04 01 00 02 0A 00 00 00  07 05 01 02 40 00 00  07 05 81 02 40 00 00`),
    );
  });

  it('shows a MUSB preloader with its data interface first', () => {
    const face = preloaderFace({ variant: 'musb' });
    expect(device(face)).toBe(bytes('12 01 00 02 02 00 00 40 8D 0E 00 20 00 01 01 02 00 01'));
    expect(configuration(face)).toBe(
      bytes(`09 02 43 00 02 01 03 C0 FA
        09 04 00 00 02 0A 00 00 04  07 05 01 02 00 02 00  07 05 81 02 00 02 00
        09 04 01 00 01 02 02 01 05  05 24 00 10 01  04 24 02 0F  05 24 06 01 00  05 24 01 03 00  07 05 83 03 40 00 10`),
    );
  });

  it('shows a SSUSB preloader with control as interface 0, whatever comes first', () => {
    const { interfaces, maxPower } = preloaderFace({ variant: 'ssusb' }).configuration;
    expect(interfaces.map((each) => [each.number, each.class])).toEqual([
      [1, 0x0a],
      [0, 0x02],
    ]);
    expect(maxPower).toBe(0x32);
  });

  it('pads descriptors as some compilers did', () => {
    const padded = configuration(preloaderFace({ variant: 'ssusb', padded: true }));
    expect(padded.length / 2).toBe(0x46);
    expect(padded).toContain('0805010200020000');
    expect(padded).toContain('062406000100');
  });

  it('shows an LG preloader with three interfaces and a serial number', () => {
    const face = preloaderFace({ variant: 'composite' });
    expect(device(face)).toContain('0410f161');
    expect(face.configuration.interfaces).toHaveLength(3);
    expect(face.strings[face.device.serialNumber]).toMatch(/^LG/);
  });
});

describe('control transfers', () => {
  const ask = (requestType: number, request: number, value = 0, face = preloaderFace({ variant: 'musb' })) => {
    let portSetUp = false;
    const answer = answerRequest(face, { requestType, request, value, index: 1, length: 255 }, () => {
      portSetUp = true;
    });
    return { answer: answer === 'stall' ? answer : hexBytes(answer), portSetUp };
  };

  it('answers the requests of a serial port and notices that a driver has set it up', () => {
    expect(ask(0x21, 0x20)).toEqual({ answer: '', portSetUp: true });
    expect(ask(0xa1, 0x21)).toEqual({ answer: '00100e00000008', portSetUp: false });
    expect(ask(0x21, 0x22, 3).answer).toBe('');
    expect(ask(0x21, 0x23).answer).toBe('');
  });

  it('stalls what preloaders do not know', () => {
    expect(ask(0x21, 0x00).answer).toBe('stall');
    expect(ask(0x01, 0x0b).answer).toBe('stall');
    expect(ask(0x02, 0x01).answer).toBe('stall');
    expect(ask(0x40, 0x99).answer).toBe('');
  });

  it('tells its names, where it has some', () => {
    expect(ask(0x80, 6, 0x0300).answer).toBe('04030904');
    expect(ask(0x80, 6, 0x0301).answer).toBe(`1203${hexBytes(Uint8Array.from(Buffer.from('MediaTek', 'utf16le')))}`);
    expect(ask(0x80, 6, 0x0309).answer).toBe('stall');
    expect(ask(0x80, 6, 0x0300, bromFace()).answer).toBe('stall');
    expect(ask(0x80, 6, 0x0600).answer).toBe('0a060002020000100100');
    expect(ask(0x80, 6, 0x0600, bromFace()).answer).toBe('stall');
    expect(ask(0x80, 0).answer).toBe('0000');
    expect(ask(0x80, 6, 0x0100, agentFace(0x0e8d, 0x2001)).answer).toContain('8d0e0120');
  });
});
