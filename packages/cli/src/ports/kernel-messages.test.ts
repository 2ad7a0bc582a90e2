import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { enumerationFailure, KernelLog } from './kernel-messages.js';

describe('enumerationFailure', () => {
  it.each([
    ['usb 1-4.2: device descriptor read/64, error -71', '1-4.2', 'device descriptor read/64, error -71'],
    ['usb 3-2: device not accepting address 7, error -71', '3-2', 'device not accepting address 7, error -71'],
    ["usb 1-1: can't read configurations, error -110", '1-1', "can't read configurations, error -110"],
    ['usb usb1-port4: unable to enumerate USB device', '1-4', 'unable to enumerate USB device'],
    ['usb 1-4-port2: unable to enumerate USB device', '1-4.2', 'unable to enumerate USB device'],
    ['usb usb2-port1: Cannot enable. Maybe the USB cable is bad?', '2-1', 'Cannot enable. Maybe the USB cable is bad?'],
  ])('reads %s', (message, busPath, detail) => {
    expect(enumerationFailure(message)).toEqual({ busPath, detail });
  });

  it.each([
    'usb 1-4: new high-speed USB device number 5 using xhci_hcd',
    'cdc_acm 1-1:1.1: ttyACM0: USB ACM device',
    '',
  ])('passes over %s', (message) => {
    expect(enumerationFailure(message)).toBeUndefined();
  });
});

describe('KernelLog', () => {
  it('tells nothing where the log cannot be read', () => {
    const log = new KernelLog('/nonexistent');
    expect(log.readable).toBe(false);
    expect(log.failures()).toEqual([]);
    log.close();
  });

  it('passes over what was there before', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kmsg-'));
    const path = join(folder, 'kmsg');
    writeFileSync(path, '6,1,1,-;usb 1-1: device descriptor read/64, error -71\n');
    const log = new KernelLog(path);
    expect(log.failures()).toEqual([]);
    // A log file, unlike a pipe, grows at its end.
    writeFileSync(path, '6,2,2,-;usb 1-2: device descriptor read/all, error -32\n SUBSYSTEM=usb\n', { flag: 'a' });
    expect(log.failures()).toEqual([{ busPath: '1-2', detail: 'device descriptor read/all, error -32' }]);
    log.close();
    expect(log.failures()).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});
