import { beforeEach, describe, expect, it } from 'vitest';
import { findProfile } from '../../profiles/profiles.js';
import { difference, pattern } from '../../testing/bytes.fixture.js';
import { command, Host } from './testing/host.js';
import { PhoneUnderTest } from './testing/phone-under-test.js';

const FILE = 'D:/dump.bin';
const profile = findProfile('mt6895-ufs');
const nvdata = profile.partitions.find(({ name }) => name === 'nvdata');

describe('reading', () => {
  let phone: PhoneUnderTest;
  let host: Host;
  beforeEach(async () => {
    phone = await PhoneUnderTest.start({ stage2: () => {} });
    host = new Host(phone);
  });
  const file = () => host.files.get(FILE) as Uint8Array;
  const readFlash = (partition: string, offset: string, length: string) =>
    host.command(command('READ-FLASH', { partition, offset, length, target_file: FILE }));

  it('gives any run of bytes of a region', async () => {
    await phone.storage.write('lu2', 0x8000000, pattern(0x80200));
    const outcome = await readFlash('UFS-LUA2', '0x8000000', '0x80200');
    expect(outcome).toEqual({ result: 'OK', message: '', requests: ['UPLOAD-FILE UFS-LUA2'] });
    expect(difference(file(), pattern(0x80200))).toBeUndefined();
  });

  it('gives what is left with MAX', async () => {
    await readFlash('UFS-LUA0', '0x3ff000', 'MAX');
    expect(file().length).toBe(0x1000);
    await readFlash('UFS-LUA0LUA1', '0x0', 'MAX');
    expect(difference(file(), await phone.storage.read('lu0', 0, 0x400000))).toBeUndefined();
  });

  it('gives nothing of nothing', async () => {
    expect((await readFlash('UFS-LUA0', '0x400000', 'MAX')).result).toBe('OK');
    expect(file().length).toBe(0);
  });

  it.each([
    ['EMMC-USER', '0x0', '0x1000', 'Cannot find [EMMC-USER] on current device storage.\n'],
    ['UFS-LUA3', '0x0', '0x1000', 'Cannot find [UFS-LUA3] on current device storage.\n'],
    ['boot_a', '0x0', '0x1000', 'Cannot find [boot_a] on current device storage.\n'],
    ['UFS-LUA0', '0x400001', '0x1', 'base address is larger than partition max size.\n'],
    ['UFS-LUA0', '0x0', '0x400001', 'Read length[0x400001] is larger than partition max size[0x400000].\n'],
    [
      'UFS-LUA0',
      '0x0',
      '0xffffffffffffffff',
      'Read length[0x1fffffffffffff] is larger than partition max size[0x400000].\n',
    ],
  ])('refuses %s at %s, %s bytes', async (region, offset, length, message) => {
    expect(await readFlash(region, offset, length)).toEqual({ result: 'ERR', message, requests: [] });
  });

  it('gives partitions by their name, and the preloader', async () => {
    const read = (partition: string) => host.command(command('READ-PARTITION', { partition, target_file: FILE }));
    expect(await read('nvdata')).toMatchObject({ result: 'OK', requests: ['UPLOAD-FILE nvdata'] });
    const stored = await phone.storage.read('lu2', nvdata?.start ?? 0, nvdata?.size ?? 0);
    expect(difference(file(), stored)).toBeUndefined();
    expect((await read('preloader')).result).toBe('OK');
    expect(new TextDecoder().decode(file().subarray(0, 8))).toBe('UFS_BOOT');
    const unknown = await read('nosuch');
    expect(unknown.message).toBe('Cannot find [nosuch] info from partition table.\n');
  });

  it('stops when the host cannot store more', async () => {
    host.misbehaviour = { uploaded: 'ERR' };
    const outcome = await readFlash('UFS-LUA2', '0x0', '0x200000');
    expect(outcome).toMatchObject({ result: 'ERR', message: 'Host notice error or user canceled.\n' });
    host.misbehaviour = {};
    expect((await readFlash('UFS-LUA2', '0x0', '0x1000')).result).toBe('OK');
  });

  it('lists the partitions of the table', async () => {
    await host.command(command('READ-PARTITION-TABLE', { target_file: FILE }));
    const text = new TextDecoder().decode(file());
    expect(text.endsWith('</partition_table>\0')).toBe(true);
    const entries = [...text.matchAll(/<pt><name>(.*?)<\/name><start>(.*?)<\/start><size>(.*?)<\/size><\/pt>/g)];
    const wanted = profile.partitions.filter(({ name }) => !/^(preloader|[ps]gpt)$/.test(name));
    expect(entries.map(([, name, start, size]) => [name, Number(start), Number(size)])).toEqual(
      wanted.map(({ name, start, size }) => [name, start, size]),
    );
  });

  it.each([
    ['as the phone has it', { batteryMillivolts: 3410 }, { batteryUntold: false }, '<battery_voltage>3410</'],
    ['that was taken out', { batteryMillivolts: 0 }, { batteryUntold: false }, '<battery_voltage>0</'],
    ['not at all', {}, { batteryUntold: true }, '</ram_size><random_id>'],
  ])('tells of its battery: %s', async (_, battery, faults, expected) => {
    const profile = { ...findProfile('mt6895-ufs'), ...battery };
    const phone = new Host(await PhoneUnderTest.start({ profile, faults, stage2: () => {} }));
    await phone.command(command('GET-HW-INFO', { target_file: FILE }));
    expect(new TextDecoder().decode(phone.files.get(FILE))).toContain(expected);
  });

  it('tells of its eMMC', async () => {
    const emmc = new Host(await PhoneUnderTest.start({ profile: findProfile('mt6855-emmc'), stage2: () => {} }));
    await emmc.command(command('GET-HW-INFO', { target_file: FILE }));
    const text = new TextDecoder().decode(emmc.files.get(FILE));
    expect(text).toContain(
      '<storage>EMMC</storage><emmc><block_size>0x200</block_size><boot1_size>0x400000</boot1_size>',
    );
    expect(text).toContain('<user_size>0xe8f800000</user_size><gp1_size>0</gp1_size>');
    expect(text).toContain('<id>150100444836444D4205A5A5A5A544A3</id>');
    const rpmb = { partition: 'EMMC-RPMB', offset: '0x0', length: '0x200', target_file: FILE };
    expect((await emmc.command(command('READ-FLASH', rpmb))).message).toBe('Security deny for [EMMC-RPMB].\n');
  });

  it.each([
    ['READ-FLASH', { partition: 'UFS-LUA0', offset: '0x0', length: '0x1', target_file: FILE }],
    ['READ-PARTITION-TABLE', { target_file: FILE }],
    ['WRITE-PARTITION', { partition: 'boot_a', source_file: FILE }],
    ['ERASE-FLASH', { partition: 'ALL' }],
  ])('%s needs the storage to be brought up first', async (name, args) => {
    const early = new Host(
      await PhoneUnderTest.start({
        stage2: (state) => {
          state.storageReady = false;
        },
      }),
    );
    const outcome = await early.command(command(name, args));
    expect(outcome).toMatchObject({ result: 'ERR', message: 'All storage init fail. check HW storage.\n' });
    await early.command(command('NOTIFY-INIT-HW'));
    early.files.set(FILE, pattern(5));
    expect((await early.command(command(name, args))).result).toBe('OK');
  });
});
