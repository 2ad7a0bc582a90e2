import { UsbProduct } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { findProfile } from '../../profiles/profiles.js';
import { command, Host } from './testing/host.js';
import { type PhoneOptions, PhoneUnderTest } from './testing/phone-under-test.js';

async function start(options: PhoneOptions = {}) {
  const phone = await PhoneUnderTest.start({ stage2: () => {}, ...options });
  return { phone, host: new Host(phone) };
}

describe('REBOOT', () => {
  it.each([
    ['IMMEDIATE', 'boot'],
    ['WARM-RESET', 'boot'],
    ['COLD-RESET', 'boot'],
    ['DISCONNECT', 'off'],
  ])('%s acts after the host has taken CMD:END', async (action, to) => {
    const { phone, host } = await start();
    expect((await host.command(command('REBOOT', { action }))).result).toBe('OK');
    expect(await phone.frame()).toBeUndefined();
    expect(phone.left).toBe(to);
  });

  it('does not know every action', async () => {
    const { phone, host } = await start();
    const outcome = await host.command(command('REBOOT', { action: 'LATER' }));
    expect(outcome).toMatchObject({ result: 'ERR', message: 'Unknown reboot action: LATER\n' });
    expect(phone.left).toBeUndefined();
  });

  it('is there in stage 1, too', async () => {
    const phone = await PhoneUnderTest.start();
    await new Host(phone).command(command('REBOOT', { action: 'IMMEDIATE' }));
    await phone.frame();
    expect(phone.left).toBe('boot');
  });
});

describe('SET-BOOT-MODE', () => {
  const meta = { mode: 'META', connect_type: 'USB', mobile_log: 'ON', adb: 'OFF' };
  it.each<[Record<string, string>, string]>([
    [meta, 'OK'],
    [{ mode: 'FASTBOOT' }, 'OK'],
    [{ mode: 'ANDROID-TEST-MODE' }, 'OK'],
    [{ mode: 'DISCO' }, 'ERR'],
    [{ ...meta, connect_type: 'SMOKE' }, 'ERR'],
    [{ mode: 'META' }, 'ERR'],
  ])('%o: %s', async (args, result) => {
    const { host } = await start();
    expect((await host.command(command('SET-BOOT-MODE', args))).result).toBe(result);
  });
});

describe('the USB speed', () => {
  const ask = command('CAN-HIGHER-USB-SPEED', { target_file: 'speed' });
  const answer = (host: Host) => new TextDecoder().decode(host.files.get('speed'));

  it('can be raised once behind the boot ROM; the next thing is CMD:START', async () => {
    const { phone, host } = await start({ profile: findProfile('mt6833-ufs'), bootedBy: 'brom' });
    await host.command(ask);
    expect(answer(host)).toBe('YES\0');
    expect((await host.command(command('SWITCH-HIGHER-USB-SPEED'))).result).toBe('OK');
    await host.command(ask);
    expect(phone.wire.products).toEqual([UsbProduct.AGENT]);
    expect(answer(host)).toBe('NO\0');
  });

  it('is high already behind a preloader', async () => {
    const { host } = await start({ profile: findProfile('mt6833-ufs') });
    await host.command(ask);
    expect(answer(host)).toBe('NO\0');
  });

  it('is no matter to builds that do not know the command', async () => {
    const { host } = await start();
    expect((await host.command(ask)).result).toBe('ERR!UNSUPPORTED');
  });
});

describe('registers', () => {
  const at = (base_address: string, bit_width = '32') => ({ bit_width, base_address });
  const read = (host: Host, args: Record<string, string>) =>
    host.command(command('READ-REGISTER', { ...args, target_file: 'value' }));

  it('are read and written in the blocks within reach', async () => {
    const { host } = await start();
    host.files.set('new', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    const write = command('WRITE-REGISTER', { ...at('0x1c007020', '64'), source_file: 'new' });
    expect((await host.command(write)).result).toBe('OK');
    expect((await read(host, at('0x1c007020', '64'))).result).toBe('OK');
    expect(host.files.get('value')).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    await read(host, at('0x1c007024'));
    expect(host.files.get('value')).toEqual(Uint8Array.of(5, 6, 7, 8));
  });

  it('are out of reach elsewhere', async () => {
    const { host } = await start();
    host.files.set('new', new Uint8Array(4));
    const message = 'R/W on this address is forbidden.\n';
    expect(await read(host, at('0x40000000'))).toMatchObject({ result: 'ERR', message });
    expect(await read(host, at('0x1c007022'))).toMatchObject({ result: 'ERR', message });
    expect((await read(host, at('0x1c007020', '16'))).result).toBe('ERR');
    const fuse = command('WRITE-REGISTER', { ...at('0x11f10000'), source_file: 'new' });
    expect(await host.command(fuse)).toMatchObject({ result: 'ERR', message });
  });

  it('reset the phone when the watchdog is told so', async () => {
    const { phone, host } = await start();
    host.files.set('key', Uint8Array.of(0x09, 0x12, 0, 0));
    const write = command('WRITE-REGISTER', { ...at('0x1c007014'), source_file: 'key' });
    await expect(host.command(write)).rejects.toThrow('the agent says nothing');
    expect(phone.left).toBe('boot');
  });
});
