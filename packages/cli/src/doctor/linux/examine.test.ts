import { describe, expect, it } from 'vitest';
import { UDEV_RULES } from '../../ports/udev-rules.js';
import { type Recording, recordedSystem, sysfsUsb } from '../recorded-system.fixture.js';
import { examineLinux } from './examine.js';
import { failedEnumerations } from './kernel-messages.js';

const PRELOADER = { place: '1-4', id: '0e8d:2000', product: 'MT65xx Preloader', tty: 'ttyACM0', driver: 'cdc_acm' };
const KERNEL = 'journalctl -k -b --no-pager -o short-monotonic -n 2000';

async function examine(recording: Recording) {
  const findings = await examineLinux(recordedSystem(recording));
  return Object.fromEntries(findings.map((finding) => [finding.code, finding]));
}

function withProcesses(recording: Recording, processes: Record<string, string>): Recording {
  const files = { ...recording.files };
  for (const [pid, name] of Object.entries(processes)) files[`/proc/${pid}/comm`] = `${name}\n`;
  return { ...recording, files };
}

describe('the doctor on Linux', () => {
  it('finds nothing wrong on a system that is ready', async () => {
    const usb = sysfsUsb([PRELOADER]);
    const files = { ...usb.files, '/etc/udev/rules.d/60-unbrick.rules': UDEV_RULES.join('\n') };
    const findings = await examineLinux(recordedSystem({ ...usb, files, answers: { [KERNEL]: '' } }));
    expect(findings.filter(({ severity }) => severity !== 'ok')).toEqual([]);
    expect(findings.map(({ message }) => message).join('\n')).toContain('0e8d:2000 MediaTek preloader');
  });

  it('names a port that may not be opened, and the rule that would open it', async () => {
    const findings = await examine({ ...sysfsUsb([PRELOADER]), closed: ['/dev/ttyACM0', '/dev/bus/usb/001/007'] });
    expect(findings.PORT_PERMISSION).toMatchObject({ severity: 'blocker' });
    expect(findings.PORT_PERMISSION?.evidence[0]).toContain('/dev/ttyACM0 may not be opened by maria');
    expect(findings.PORT_PERMISSION?.next[0]).toContain('doctor --fix');
  });

  it('warns of missing rights before a phone is there', async () => {
    const usb = sysfsUsb([]);
    expect((await examine({ ...usb, answers: { 'id -nG': 'maria sudo\n' } })).UDEV_RULE_MISSING?.severity).toBe(
      'warning',
    );
    expect((await examine({ ...usb, answers: { 'id -nG': 'maria dialout\n' } })).PERMISSION?.severity).toBe('ok');
  });

  it('warns of ModemManager unless a rule keeps it away', async () => {
    const usb = withProcesses(sysfsUsb([PRELOADER]), { 812: 'ModemManager', 900: 'bash' });
    expect((await examine(usb)).PORT_GRABBER).toMatchObject({
      severity: 'warning',
      message: expect.stringContaining('ModemManager'),
    });
    const tamed = { ...usb, files: { ...usb.files, '/etc/udev/rules.d/60-unbrick.rules': UDEV_RULES.join('\n') } };
    expect((await examine(tamed)).PORT_GRABBER?.severity).toBe('ok');
  });

  it('names the process that holds the port', async () => {
    const usb = withProcesses(sysfsUsb([PRELOADER]), { 4711: 'screen' });
    const links = { ...usb.links, '/proc/4711/fd/5': '/dev/ttyACM0', '/proc/4711/fd/6': '/dev/null' };
    const { PORT_BUSY } = await examine({ ...usb, links });
    expect(PORT_BUSY).toMatchObject({ severity: 'blocker', message: 'screen holds the port of the phone.' });
    expect(PORT_BUSY?.evidence).toEqual(['process 4711 has /dev/ttyACM0 open']);
  });

  it('tells a phone that cannot be flashed as it is, and one behind a hub', async () => {
    const hub = { place: '1-2', id: '05e3:0608', product: 'USB2.0 Hub', hub: true, device: 3 };
    const findings = await examine(
      sysfsUsb([hub, { ...PRELOADER, place: '1-2.3', id: '0e8d:201c', tty: undefined as never }]),
    );
    expect(findings.PHONE_NOT_FLASHABLE?.message).toContain('ADB');
    expect(findings.BEHIND_HUB?.message).toContain('USB2.0 Hub');
  });

  it.each([
    ['Docker', { '/.dockerenv': '' }, {}],
    ['snap unbrick', {}, { SNAP: '/snap/unbrick/1', SNAP_NAME: 'unbrick' }],
    ['flatpak', {}, { FLATPAK_ID: 'org.example' }],
  ])('knows that it is inside %s', async (wall, files, env) => {
    const usb = sysfsUsb([]);
    expect((await examine({ ...usb, env, files: { ...usb.files, ...files } })).INSIDE_CONTAINER?.message).toContain(
      wall,
    );
    expect((await examine({ files, env })).NO_USB_HERE).toMatchObject({
      severity: 'blocker',
      message: expect.stringContaining(wall),
    });
  });

  it('knows WSL', async () => {
    const files = { '/proc/version': 'Linux version 5.15.90.1-microsoft-standard-WSL2' };
    expect((await examine({ files })).NO_USB_HERE?.message).toContain('WSL');
  });

  it('warns of a small usbfs limit', async () => {
    const usb = sysfsUsb([]);
    const limit = (text: string) => ({
      ...usb,
      files: { ...usb.files, '/sys/module/usbcore/parameters/usbfs_memory_mb': text },
    });
    expect((await examine(limit('1\n'))).USBFS_LIMIT?.severity).toBe('warning');
    expect((await examine(limit('16\n'))).USBFS_LIMIT).toBeUndefined();
    expect((await examine(limit('0\n'))).USBFS_LIMIT).toBeUndefined();
  });
});

describe('failedEnumerations', () => {
  it('finds the failed greetings of a real log', () => {
    const log = [
      '[   12.034] usb 1-3: new high-speed USB device number 5 using xhci_hcd',
      '[   12.169] usb 1-3: device descriptor read/64, error -71',
      '[   12.407] usb 1-3: device descriptor read/64, error -71',
      '[   13.246] usb usb1-port3: attempt power cycle',
      '[   14.300] usb 1-3: Device not responding to setup address.',
      '[   14.720] usb 1-3: device not accepting address 8, error -71',
      '[   14.721] usb usb1-port3: unable to enumerate USB device',
    ].join('\n');
    const [finding] = failedEnumerations(log);
    expect(finding).toMatchObject({ severity: 'warning', code: 'USB_ENUMERATION_FAILED' });
    expect(finding?.evidence[0]).toContain('1-3');
    expect(finding?.evidence).toContainEqual(expect.stringContaining('error -71'));
  });

  it('is content with a log of devices that work', () => {
    const log = '[ 5.1] usb 1-3: new full-speed USB device number 5\n[ 5.2] cdc_acm 1-3:1.1: ttyACM0: USB ACM device';
    expect(failedEnumerations(log)).toMatchObject([{ severity: 'ok' }]);
  });
});
