import { concat } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { noise } from '../../practice/noise.js';
import { findProfile } from '../../profiles/profiles.js';
import { pattern } from '../../testing/bytes.fixture.js';
import { command, Host } from './testing/host.js';
import { type PhoneOptions, PhoneUnderTest } from './testing/phone-under-test.js';

const STAGE2_FILE = 'MEM://0x7f00:0x1800';
const BOOT_TO = command('BOOT-TO', { at_address: '0x40000000', jmp_address: '0x40000000', source_file: STAGE2_FILE });
const NOTIFY_INIT_HW = command('NOTIFY-INIT-HW');

const PARAMETERS = {
  checksum_level: 'NONE',
  battery_exist: 'AUTO-DETECT',
  da_log_level: 'INFO',
  log_channel: 'UART',
  system_os: 'LINUX',
};
const runtimeParameter = (version: string, args: Record<string, string>, dram?: string) =>
  command('SET-RUNTIME-PARAMETER', args, version).replace(
    '</da>',
    `${dram === undefined ? '' : `<adv><initialize_dram>${dram}</initialize_dram></adv>`}</da>`,
  );

async function atStage1(options: PhoneOptions = {}) {
  const phone = await PhoneUnderTest.start(options);
  const host = new Host(phone);
  host.files.set(STAGE2_FILE, pattern(0x1800));
  return { phone, host };
}

const PATH_MISSING = 'Required XML node path not found. Check command string.';

describe('the session', () => {
  it('starts again until the host agrees', async () => {
    const { phone } = await atStage1();
    for (let round = 0; round < 3; round++) {
      expect(await phone.text()).toContain('CMD:START');
      phone.sendText('ERR');
    }
    expect(await phone.text()).toContain('CMD:START');
  });

  it.each([
    ['an unknown name', command('DANCE')],
    ['a name in another case', command('notify-init-hw')],
    ['another version', command('NOTIFY-INIT-HW', {}, '2.0')],
    ['no version', NOTIFY_INIT_HW.replace('<version>1.0</version>', '')],
    ['XML that does not end', '<?xml version="1.0"?><da><version>1.0'],
    ['something else than a command', '<?xml version="1.0"?><host></host>'],
    ['text that is no XML', 'hello'],
    ['an entity bomb', '<!DOCTYPE da [<!ENTITY a "aaaa">]><da>&a;</da>'],
    ['elements without end inside each other', '<da>'.repeat(5000)],
  ])('does not know %s, and goes on', async (_, text) => {
    const { host } = await atStage1();
    const outcome = await host.command(text);
    expect(outcome).toEqual({ result: 'ERR!UNSUPPORTED', message: 'Unsupported command.', requests: [] });
    expect((await host.command(NOTIFY_INIT_HW)).result).toBe('OK');
  });

  it('knows a command by the integer of its version', async () => {
    const { host } = await atStage1();
    expect((await host.command(command('NOTIFY-INIT-HW', {}, '1.7'))).result).toBe('OK');
  });

  it('passes over an acknowledgement too many', async () => {
    const { phone } = await atStage1();
    await phone.text();
    for (const text of ['OK', 'OK', NOTIFY_INIT_HW]) phone.sendText(text);
    expect(await phone.text()).toBe('OK');
  });

  it('refuses a command that is too long and is out of step then', async () => {
    const { phone } = await atStage1();
    await phone.text();
    phone.sendText('OK');
    phone.sendData(new Uint8Array(0x80001));
    expect(await phone.text()).toBe('ERR');
    expect(await phone.text()).toContain('CMD:START');
    expect(await phone.frame()).toBeUndefined();
    expect(phone.log.map(({ what }) => what)).toContain('FRAME_ERROR');
  });

  it.each([
    ['with a wrong magic', new Uint8Array(3), { magic: 0x12345678 }],
    ['that is too long for an acknowledgement', pattern(65), {}],
  ])('halts at a frame %s where an acknowledgement is due', async (_, payload, header) => {
    const { phone } = await atStage1();
    await phone.text();
    phone.sendData(payload, header);
    phone.sendText('OK');
    phone.sendText(NOTIFY_INIT_HW);
    expect(await phone.frame()).toBeUndefined();
    expect(phone.left).toBeUndefined();
  });

  it('sends its log over the cable when it was told to', async () => {
    const { phone, host } = await atStage1();
    await host.command(runtimeParameter('1.1', { ...PARAMETERS, log_channel: 'USB' }, 'YES'));
    expect((await host.command(NOTIFY_INIT_HW)).result).toBe('OK');
    await phone.text();
    phone.sendText('OK');
    phone.sendText(command('SET-HOST-INFO', { info: '20230901T234721' }));
    expect(await phone.logLines()).toEqual(['[cmd] CMD:SET-HOST-INFO']);
  });
});

describe('SET-RUNTIME-PARAMETER', () => {
  it.each(Object.keys(PARAMETERS))('needs %s', async (name) => {
    const { host } = await atStage1();
    const { [name as keyof typeof PARAMETERS]: _, ...rest } = PARAMETERS;
    expect(await host.command(runtimeParameter('1.1', rest, 'YES'))).toMatchObject({
      result: 'ERR',
      message: PATH_MISSING,
    });
  });

  it('needs to be told about the DRAM from version 1.1 on', async () => {
    const { host } = await atStage1();
    expect((await host.command(runtimeParameter('1.1', PARAMETERS))).message).toBe(PATH_MISSING);
    expect((await host.command(runtimeParameter('1.0', PARAMETERS))).result).toBe('OK');
  });

  it('passes over values that it does not know', async () => {
    const { host } = await atStage1();
    const values = { ...PARAMETERS, checksum_level: 'usb', log_channel: 'BOTH', system_os: 'PLAN9' };
    expect((await host.command(runtimeParameter('1.1', values, 'MAYBE'))).result).toBe('OK');
    expect(host.dialogue.at(-3)).toBe('< OK');
  });
});

describe('HOST-SUPPORTED-COMMANDS', () => {
  const text = command('HOST-SUPPORTED-COMMANDS', { host_capability: 'CMD:DOWNLOAD-FILE^1@' });
  it.each([
    ['mt6895-ufs', 'OK', 'ERR!UNSUPPORTED'],
    ['mt6833-ufs', 'OK', 'OK'],
    ['mt6855-emmc', 'ERR!UNSUPPORTED', 'ERR!UNSUPPORTED'],
  ])('is known to %s in stage 1: %s, in stage 2: %s', async (name, first, second) => {
    const { host } = await atStage1({ profile: findProfile(name) });
    expect((await host.command(text)).result).toBe(first);
    await host.command(BOOT_TO);
    expect((await host.command(text)).result).toBe(second);
  });
});

describe('the DRAM', () => {
  it('has to be brought up before stage 2 is loaded when the boot ROM started the agent', async () => {
    const { phone, host } = await atStage1({ bootedBy: 'brom' });
    await expect(host.command(BOOT_TO)).rejects.toThrow('the agent says nothing');
    expect(phone.log.at(-1)).toMatchObject({ what: 'BOOT-TO', detail: { crash: 'DRAM is not set up' } });
  });

  it('is brought up by NOTIFY-INIT-HW', async () => {
    const { host } = await atStage1({ bootedBy: 'brom' });
    const outcome = await host.command(NOTIFY_INIT_HW);
    expect(outcome).toEqual({ result: 'OK', message: '', requests: ['PROGRESS-REPORT init-hw'] });
    expect((await host.command(BOOT_TO)).result).toBe('OK');
  });

  it('stays down when the host wants it so', async () => {
    const { host } = await atStage1({ bootedBy: 'brom' });
    await host.command(runtimeParameter('1.1', PARAMETERS, 'NO'));
    expect((await host.command(NOTIFY_INIT_HW)).result).toBe('OK');
    await expect(host.command(BOOT_TO)).rejects.toThrow('the agent says nothing');
  });

  it('that cannot be brought up is told after the report has ended', async () => {
    const { host } = await atStage1({ bootedBy: 'brom', faults: { dramFail: true } });
    const outcome = await host.command(NOTIFY_INIT_HW);
    expect(outcome).toEqual({ result: 'ERR', message: 'DRAM Init FAIL.\n', requests: ['PROGRESS-REPORT init-hw'] });
  });

  it('is up already behind a preloader', async () => {
    const { host } = await atStage1({ faults: { dramFail: true } });
    expect((await host.command(NOTIFY_INIT_HW)).result).toBe('OK');
    expect((await host.command(BOOT_TO)).result).toBe('OK');
  });
});

describe('BOOT-TO', () => {
  const digestOf = async (bytes: Uint8Array) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice()));
  const stage1With = (digest: Uint8Array) => concat(noise('code', 0x4000), digest);

  it('starts what stage 1 knows, in packets of 4 KiB', async () => {
    const { phone, host } = await atStage1({ stage1: stage1With(await digestOf(pattern(0x1800))) });
    const outcome = await host.command(BOOT_TO);
    expect(outcome).toEqual({ result: 'OK', message: '', requests: ['DOWNLOAD-FILE 2nd-DA'] });
    expect(phone.log.at(-1)).toMatchObject({ detail: { received: 0x1800, stage2: 'known' } });
    // Commands of stage 2 are there now, those of stage 1 are gone.
    expect((await host.command(runtimeParameter('1.1', PARAMETERS, 'YES'))).result).toBe('ERR!UNSUPPORTED');
    expect((await host.command(NOTIFY_INIT_HW)).result).toBe('OK');
  });

  it('does not start what stage 1 does not know; another try may', async () => {
    const { host } = await atStage1({ stage1: stage1With(await digestOf(pattern(0x1800))) });
    host.files.set(STAGE2_FILE, pattern(0x17ff));
    expect(await host.command(BOOT_TO)).toMatchObject({ result: 'ERR', message: 'DA Hash mismatch.\n' });
    host.files.set(STAGE2_FILE, pattern(0x1800));
    expect((await host.command(BOOT_TO)).result).toBe('OK');
  });

  it.each([
    ['0x1000', '0x1000', 'R/W on this address is forbidden.\n'],
    ['0x40000000', '0x50000000', '2nd DA address is invalid. reset.\n'],
  ])('refuses to load at %s and jump to %s', async (at_address, jmp_address, message) => {
    const { host } = await atStage1();
    const outcome = await host.command(command('BOOT-TO', { at_address, jmp_address, source_file: STAGE2_FILE }));
    expect(outcome).toMatchObject({ result: 'ERR', message });
  });

  it('takes no file larger than its room', async () => {
    const { host } = await atStage1();
    host.files.set(STAGE2_FILE, new Uint8Array((16 << 20) + 1));
    const outcome = await host.command(BOOT_TO);
    expect(outcome).toMatchObject({ result: 'ERR', message: 'Data size bigger than partition max size.\n' });
  });

  it('compares the sums that the host was asked for', async () => {
    const { host } = await atStage1();
    await host.command(runtimeParameter('1.1', { ...PARAMETERS, checksum_level: 'USB' }, 'YES'));
    host.misbehaviour = { announce: { chunk: 1, text: 'OK@0xdead' } };
    const outcome = await host.command(BOOT_TO);
    expect(outcome.result).toBe('ERR');
    expect(outcome.message).toMatch(/^USB checksum error, chksum in PC is 0xdead, chksum in RAM is 0x[0-9a-f]+\n$/);
    host.misbehaviour = {};
    expect((await host.command(BOOT_TO)).result).toBe('OK');
  });
});

describe('stage 1', () => {
  it('tells of the chip, and of no storage', async () => {
    const { host } = await atStage1();
    await host.command(command('GET-HW-INFO', { target_file: 'info' }));
    const text = new TextDecoder().decode(host.files.get('info'));
    expect(text).toContain('<ram_size>0x200000000</ram_size>');
    expect(text).not.toContain('storage');
  });

  it.each([
    ['FLIP', { start_address: '0x4000000', length: '0x100000', repeat: '0xA' }, 'OK'],
    ['FLIP', { start_address: '0x4000000', length: '0x1000000000', repeat: '0xA' }, 'ERR'],
    ['FLIP', {}, 'ERR'],
    ['SRAM', {}, 'OK'],
    ['CALIBRATION', { target_file: 'x' }, 'OK'],
    ['SING', {}, 'ERR'],
  ])('tests its memory: %s %o', async (test, args, result) => {
    const { host } = await atStage1();
    expect((await host.command(command('RAM-TEST', { function: test, ...args }))).result).toBe(result);
  });
});
