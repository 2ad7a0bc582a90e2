import { describe, expect, it } from 'vitest';
import { recordedSystem } from '../recorded-system.fixture.js';
import { examineMacos, judgeMacos, parseIoreg } from './examine.js';

const IOREG = `+-o Root  <class IORegistryEntry, id 0x100000100, retain 15>
  +-o AppleT8103USBXHCI@01000000  <class AppleT8103USBXHCI, id 0x1000004b1, registered, matched, active>
    | {
    |   "locationID" = 16777216
    | }
    +-o MT65xx Preloader@01420000  <class IOUSBHostDevice, id 0x100000a2c, registered, matched, active>
        {
          "idProduct" = 8192
          "idVendor" = 3725
          "locationID" = 21102592
          "USB Product Name" = "MT65xx Preloader"
          "USB Serial Number" = "0123456789"
        }
`;

describe('the doctor on macOS', () => {
  it('reads devices out of the registry', () => {
    expect(parseIoreg(IOREG)).toEqual([
      { vendorId: 0x0e8d, productId: 0x2000, name: 'MT65xx Preloader', locationId: 0x01420000 },
    ]);
  });

  it('matches the serial node to the place on the bus', () => {
    const phones = parseIoreg(IOREG);
    expect(judgeMacos(phones, ['cu.usbmodem11101', 'cu.usbmodem14201'])[0]?.evidence).toEqual([
      'serial port /dev/cu.usbmodem14201',
    ]);
    expect(judgeMacos(phones, [])).toMatchObject([{ code: 'SERIAL_NODE_MISSING', severity: 'warning' }]);
    expect(judgeMacos([], ['cu.usbmodem14201'])).toMatchObject([{ code: 'PHONE_SEEN', severity: 'ok' }]);
  });

  it('asks ioreg, and says so when it does not answer', async () => {
    const answers = { 'ioreg -p IOUSB -l -w 0': IOREG };
    const files = { '/dev/cu.usbmodem14201': '' };
    expect(await examineMacos(recordedSystem({ platform: 'darwin', answers, files }))).toMatchObject([
      { severity: 'ok' },
    ]);
    expect(await examineMacos(recordedSystem({ platform: 'darwin' }))).toMatchObject([{ code: 'DEVICES_UNKNOWN' }]);
  });
});
