import { concat, encode, hexBytes, u64, XflashCommand } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import type { Profile } from '../../profiles/profile.js';
import { TestPhone, writeTable } from './testing/host.js';
import { MemoryStorage } from './testing/memory-storage.js';
import { MT6765, PARTITIONS } from './testing/test-profile.js';
import { pattern } from './testing/words.js';

const UNKNOWN = 0xc0010004;
const control = (phone: TestPhone, code: number, ...parameters: (number | Uint8Array)[]) =>
  phone.exchange(XflashCommand.DEVICE_CTRL, code, ...parameters);

function build(platform: string, buildYear: number): Profile {
  return {
    ...MT6765,
    platform,
    agent: { ...MT6765.agent, xflash: { emiVersion: 35, emiItemSize: 160, buildYear } },
  };
}

const UFS: Profile = {
  ...MT6765,
  storage: {
    ...MT6765.storage,
    kind: 'ufs',
    blockSize: 4096,
    regions: { lu0: 0x400000, lu1: 0x400000, lu2: 0xee5800000 },
    id: 'KM2V8001CM-B707',
    firmwareVersion: '0100',
  },
};

describe('storage information', () => {
  it('tells the eMMC of the phone, 104 bytes', async () => {
    const phone = await TestPhone.atStage2();
    const [, , info] = await control(phone, 0x040001);
    expect(hexBytes(info as Uint8Array)).toBe(
      [
        '0100000000020000',
        '0000400000000000'.repeat(3),
        '00'.repeat(32),
        '000000d201000000',
        MT6765.storage.id,
        MT6765.storage.firmwareVersion,
        '00'.repeat(8),
      ].join(''),
    );
  });

  it('tells UFS, 208 bytes, and zeros of full size for eMMC', async () => {
    const phone = await TestPhone.atStage2({ profile: UFS });
    const [, , info] = (await control(phone, 0x040004)) as Uint8Array[];
    expect(hexBytes(info?.subarray(0, 32) as Uint8Array)).toBe(
      `3000000000100000${'0000400000000000'.repeat(2)}000080e50e000000`,
    );
    expect(info?.length).toBe(208);
    expect(await control(phone, 0x040001)).toEqual([0, 0, new Uint8Array(104), 0]);
  });

  it('uses the short forms in builds of 2018', async () => {
    const phone = await TestPhone.atStage2({ profile: build('MT6765', 2018) });
    const [, , emmc] = (await control(phone, 0x040001)) as Uint8Array[];
    expect(emmc?.length).toBe(96);
    expect(await control(phone, 0x040004)).toEqual([0, 0, new Uint8Array(56), 0]);
  });
});

describe('the battery', () => {
  it.each([
    ['as the phone has it', 2, 3410, [0, 0, 3410, 0]],
    ['without one', 2, 0, [0, 0, 0, 0xc0040001]],
    ['while the host says that there is none', 1, 3410, [0, 0, 0, 0xc0040001]],
  ])('%s', async (_, option, batteryMillivolts, expected) => {
    const phone = await TestPhone.atStage2({ profile: { ...MT6765, batteryMillivolts } });
    expect(await control(phone, 0x020002, option)).toEqual([0, 0, 0]);
    expect(await control(phone, 0x04000f)).toEqual(expected);
  });

  it('is not told before the host has said that there may be one', async () => {
    const phone = await TestPhone.atStage2();
    expect(await control(phone, 0x04000f)).toEqual([0, 0, 0, 0xc0040001]);
  });

  it('is unknown to some builds', async () => {
    const phone = await TestPhone.atStage2({ faults: { batteryUntold: true } });
    expect(await control(phone, 0x04000f)).toEqual([0, UNKNOWN]);
  });
});

describe('which build knows which code', () => {
  it.each([
    ['MT6763', 2017, { 131078: true, 262163: false, 262164: false, 524293: false, 524295: false }],
    ['MT6739', 2018, { 131078: false, 262163: false, 262164: true, 524293: true, 524295: false }],
    ['MT6768', 2020, { 131078: true, 262163: true, 262165: false, 131086: false, 524295: true }],
    ['MT6873', 2020, { 131086: true, 262166: false, 524296: false }],
  ])('%s of %i', async (platform, year, expected) => {
    for (const [code, known] of Object.entries(expected)) {
      // A new phone each time: a known set waits for its parameter.
      const phone = await TestPhone.atStage2({ profile: build(platform, year) });
      const [, status] = await control(phone, Number(code));
      expect(status, `0x${Number(code).toString(16)}`).toBe(known ? 0 : UNKNOWN);
    }
  });

  it('takes nothing from stage 1 along', async () => {
    const phone = await TestPhone.atStage2();
    for (const code of [0x020003, 0x020004, 0x04000a, 0x0e0002])
      expect(await control(phone, code)).toEqual([0, UNKNOWN]);
  });
});

describe('sets', () => {
  it('takes the all-in-one signature once; the second time the parameter is not read', async () => {
    const phone = await TestPhone.atStage2();
    expect(await control(phone, 0x02000c, pattern(4096))).toEqual([0, 0, 0]);
    expect(await control(phone, 0x02000c)).toEqual([0, 0, 0xc0020042]);
    expect(await phone.exchange(pattern(4096))).toEqual([]);
    expect(await phone.exchange(XflashCommand.DEVICE_CTRL)).toEqual([]);
  });

  it('takes opaque signatures, registers are out of reach', async () => {
    const phone = await TestPhone.atStage2();
    expect(await control(phone, 0x02000a, pattern(256))).toEqual([0, 0, 0]);
    expect(await control(phone, 0x02000b, pattern(256))).toEqual([0, 0, 0]);
    expect(await control(phone, 0x020009, pattern(8))).toEqual([0, 0, 0xc004000d]);
  });

  it('writes run-time switchable configuration to its partition', async () => {
    const phone = await TestPhone.withTable();
    const piece = (name: string) => {
      const block = new Uint8Array(328);
      block.set(encode(u64, 'little', 0x100));
      block.set(Buffer.from(name), 8);
      block.set(pattern(256), 72);
      return block;
    };
    expect(await control(phone, 0x02000d, piece('small'))).toEqual([0, 0, 0]);
    expect(await phone.storage.read('user', 0x900100, 256)).toEqual(pattern(256));
    expect(await control(phone, 0x02000d, piece('nosuch'))).toEqual([0, 0, 0xc0040006]);
    expect(phone.writes()).toEqual(['SET_RSC_INFO', 'SET_RSC_INFO']);
  });

  it('keeps the META boot mode only when there is a proinfo partition', async () => {
    const withProinfo = await TestPhone.withTable();
    expect(await control(withProinfo, 0x020006, Uint8Array.of(1, 2, 0))).toEqual([0, 0, 0]);
    const without = await TestPhone.atStage2();
    expect(await control(without, 0x020006, Uint8Array.of(1, 2, 0))).toEqual([0, 0, 0xc0030008]);
  });
});

describe('one-time-programmable memory', () => {
  it('is refused without an otp partition', async () => {
    const phone = await TestPhone.withTable();
    expect(await control(phone, 0x04000e)).toEqual([0, 0, 0xc0040006]);
    expect(await control(phone, 0x080003)).toEqual([0, 0, 0xc0040006]);
    const range = concat(new Uint8Array(4), Uint8Array.of(16, 0, 0, 0));
    expect(await phone.exchange(XflashCommand.READ_OTP_ZONE, range)).toEqual([0, 0xc0040006]);
    expect(await phone.exchange(XflashCommand.WRITE_OTP_ZONE, range)).toEqual([0, 0xc0040006]);
    expect(await phone.exchange(XflashCommand.READ_OTP_ZONE, range)).toEqual([0, 0xc0040006]);
  });

  it('reads fuses as zero and burns none', async () => {
    const phone = await TestPhone.atStage2();
    const block = new Uint8Array(0xf8);
    expect(await phone.exchange(XflashCommand.READ_EFUSE, block, 0)).toEqual([0, 0, block, 0]);
    const burnt = await phone.exchange(XflashCommand.WRITE_EFUSE, new Uint8Array(0x42d4), block);
    expect(burnt).toEqual([0, 0xc0040001, 0xc0040001]);
    expect(phone.writes()).toEqual(['WRITE_EFUSE']);
  });
});

describe('download record', () => {
  it('goes to the flashinfo partition around each write, once it was asked for', async () => {
    const storage = new MemoryStorage('emmc', MT6765.storage.regions);
    await writeTable(storage, [...PARTITIONS, { name: 'flashinfo', start: 0x3000000, size: 0x100000 }]);
    const phone = await TestPhone.atStage2({ storage });
    const format = () => phone.exchange(XflashCommand.FORMAT_PARTITION, Buffer.from('small'), 0);
    const write = () =>
      phone.exchange(XflashCommand.DOWNLOAD, Buffer.from('small'), encode(u64, 'little', 4), 0, 0, pattern(4));
    await format();
    await write();
    expect(phone.writes()).toEqual(['FORMAT_PARTITION', 'DOWNLOAD']);
    expect(await control(phone, 0x080001)).toEqual([0, 0, 0]);
    expect(await write()).toEqual([0, 0, 0, 0]);
    expect(phone.writes().slice(2)).toEqual(['DOWNLOAD', 'DL_INFO_RECORD', 'DL_INFO_RECORD']);
    expect(await control(phone, 0x080002)).toEqual([0, 0, 0]);
    expect(hexBytes(await storage.read('user', 0x3000000, 8))).toBe(Buffer.from('DOWNLOAD').toString('hex'));
  });
});
