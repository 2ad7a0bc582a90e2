import { describe, expect, it } from 'vitest';
import { recordedSystem } from '../recorded-system.fixture.js';
import { examineWindows, judgeWindows } from './examine.js';
import { parseGetPnpDevice, parsePnputil } from './pnp-devices.js';

const PRELOADER = {
  InstanceId: 'USB\\VID_0E8D&PID_2000\\5&2C0D4B8&0&3',
  FriendlyName: 'USB Serial Device (COM5)',
  Present: true,
  ConfigManagerErrorCode: 0,
  Service: 'usbser',
  Manufacturer: 'Microsoft',
};
const UNKNOWN = {
  InstanceId: 'USB\\VID_0000&PID_0002\\5&2C0D4B8&0&4',
  FriendlyName: 'Unknown USB Device (Device Descriptor Request Failed)',
  Present: true,
  ConfigManagerErrorCode: 43,
  Service: '',
  Manufacturer: '(Standard USB Host Controller)',
};

const judge = (...devices: object[]) => judgeWindows(parseGetPnpDevice(JSON.stringify(devices)) ?? []);

describe('the doctor on Windows', () => {
  it('is content with a phone on the system’s own driver', () => {
    expect(judge(PRELOADER)).toMatchObject([{ severity: 'ok', message: expect.stringContaining('0e8d:2000') }]);
  });

  it('explains code 43 of a device without a name', () => {
    const [finding] = judge(UNKNOWN);
    expect(finding).toMatchObject({ severity: 'blocker', code: 'WINDOWS_CODE_43' });
    expect(finding?.next[0]).toContain('cable');
  });

  it.each([10, 28, 52])('explains code %i', (code) => {
    expect(judge({ ...PRELOADER, ConfigManagerErrorCode: code })).toMatchObject([
      { code: `WINDOWS_CODE_${code}`, severity: 'blocker' },
    ]);
  });

  it('names a foreign driver, also of a phone that is hidden now', () => {
    const foreign = { ...PRELOADER, Service: 'wdm_usb', Manufacturer: 'MediaTek Inc.' };
    expect(judge(foreign)).toMatchObject([{ code: 'FOREIGN_DRIVER', severity: 'warning' }]);
    expect(judge({ ...foreign, Present: false }).map(({ code }) => code)).toEqual(['PHONE_SEEN', 'FOREIGN_DRIVER']);
  });

  it('reads one device, which PowerShell writes without brackets, and problem names of PowerShell 7', () => {
    const one = { ...PRELOADER, ConfigManagerErrorCode: 'CM_PROB_FAILED_INSTALL' };
    expect(parseGetPnpDevice(`\uFEFF${JSON.stringify(one)}`)).toMatchObject([{ problem: 28 }]);
    expect(parseGetPnpDevice('Get-PnpDevice : The term is not recognized')).toBeUndefined();
  });

  it('reads pnputil in any language', () => {
    const output = [
      'Microsoft-PnP-Dienstprogramm',
      '',
      'Instanz-ID:                 USB\\VID_0E8D&PID_0003\\6&1A2B3C',
      'Gerätebeschreibung:         MediaTek USB Port',
      'Klassenname:                Ports',
      'Status:                     Problem',
      'Problemcode:                10 (0x0A) [CM_PROB_FAILED_START]',
      'Treibername:                oem12.inf',
      '',
    ].join('\r\n');
    expect(parsePnputil(output)).toMatchObject([
      { instanceId: 'USB\\VID_0E8D&PID_0003\\6&1A2B3C', name: 'MediaTek USB Port', problem: 10, present: true },
    ]);
  });

  it('asks pnputil where there is no PowerShell, and says so when nothing answers', async () => {
    const answers = {
      'pnputil.exe /enum-devices /problem':
        'Instance ID: USB\\VID_0000&PID_0002\\1\r\nDevice Description: Unknown USB Device\r\nProblem Code: 43 (0x2B) [CM_PROB_FAILED_POST_START]\r\n',
    };
    expect(await examineWindows(recordedSystem({ platform: 'win32', answers }))).toMatchObject([
      { code: 'WINDOWS_CODE_43' },
    ]);
    expect(await examineWindows(recordedSystem({ platform: 'win32' }))).toMatchObject([{ code: 'DEVICES_UNKNOWN' }]);
  });
});
