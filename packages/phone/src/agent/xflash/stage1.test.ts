import { createHash } from 'node:crypto';
import { ascii, concat, encode, u64, XflashBootTo, XflashCommand, XflashEnvironment } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { noise } from '../../practice/noise.js';
import { TestPhone, type TestPhoneOptions } from './testing/host.js';
import { MT6765 } from './testing/test-profile.js';
import { flashBlock, memoryTable, pattern } from './testing/words.js';

const SYNC = 0x434e5953;
const MISMATCH = 0xc0070004;
const VERSION_ERROR = 0xc0040050;
const CID = Uint8Array.from(Buffer.from(MT6765.storage.id, 'hex'));
const STRANGER = Uint8Array.from(Buffer.from('90014a48424734613250', 'hex'));

async function atStage1(options: TestPhoneOptions = {}): Promise<TestPhone> {
  const phone = TestPhone.fromReset(options);
  await phone.wire.idle();
  phone.wire.sent.length = 0;
  const environment = { logLevel: 2, logChannel: 1, systemOs: 0, ufsProvision: 0, reserved: 0 };
  const answers = await phone.exchange(
    SYNC,
    XflashCommand.SETUP_ENVIRONMENT,
    XflashEnvironment.build(environment),
    XflashCommand.SETUP_HW_INIT_PARAMS,
    0,
  );
  expect(answers).toEqual([0, 0, SYNC]);
  return phone;
}

const loadArea = (length: number, address = 0x40000000) => XflashBootTo.build({ address, length });
const stage2 = pattern(1024, 5, 9);
const bootTo = [XflashCommand.BOOT_TO, loadArea(stage2.length), stage2] as const;

describe('BOOT_TO', () => {
  it('starts any stage 2 when stage 1 tells nothing about it', async () => {
    const phone = await atStage1();
    expect(await phone.exchange(...bootTo)).toEqual([0, 0, SYNC]);
    expect(phone.log.at(-1)).toMatchObject({ what: 'BOOT_TO', writes: false, detail: { stage2: 'unknown' } });
    expect(await phone.exchange(XflashCommand.DEVICE_CTRL, 0x04000a)).toEqual([0, 0xc0010004]);
    expect(phone.log.at(-1)?.stage).toBe('stage2');
  });

  it.each(['sha1', 'sha256'])(
    'takes the stage 2 whose %s digest stands in stage 1, and refuses others',
    async (algorithm) => {
      const digest = createHash(algorithm).update(stage2).digest();
      const phone = await atStage1({ stage1: concat(noise('code', 0x4000), digest, noise('data', 100)) });
      const wrong = stage2.slice();
      wrong[1000] = 0;
      expect(await phone.exchange(XflashCommand.BOOT_TO, loadArea(1024), wrong)).toEqual([0, MISMATCH]);
      expect(await phone.exchange(...bootTo)).toEqual([0, 0, SYNC]);
      expect(phone.log.at(-1)?.detail).toMatchObject({ stage2: 'known' });
    },
  );

  it('answers once when the data frame is longer than announced', async () => {
    const phone = await atStage1();
    expect(await phone.exchange(XflashCommand.BOOT_TO, loadArea(512), stage2)).toEqual([0, 0xc0010006]);
    expect(await phone.exchange(XflashCommand.DEVICE_CTRL)).toEqual([]);
  });

  it('uses the low 32 bits of address and length', async () => {
    const phone = await atStage1();
    const area = loadArea(stage2.length);
    area[12] = 1;
    expect(await phone.exchange(XflashCommand.BOOT_TO, area, stage2)).toEqual([0, 0, SYNC]);
  });

  it('crashes on a DRAM that is not set up', async () => {
    const phone = await atStage1({ bootedBy: 'brom' });
    expect(await phone.exchange(...bootTo)).toEqual([0]);
    expect(await phone.exchange(XflashCommand.DEVICE_CTRL)).toEqual([]);
  });
});

describe('INIT_EXT_RAM', () => {
  const initExternalRam = (phone: TestPhone, blob: Uint8Array) =>
    phone.exchange(XflashCommand.INIT_EXT_RAM, blob.length, blob);

  it('brings up the DRAM with the record of the fitted memory', async () => {
    const phone = await atStage1({ bootedBy: 'brom' });
    const ramBefore = await phone.exchange(XflashCommand.DEVICE_CTRL, 0x04000c);
    expect((ramBefore[2] as Uint8Array)[24]).toBe(0);
    expect(await initExternalRam(phone, memoryTable('35', [STRANGER, CID.subarray(0, 9)]))).toEqual([0, 0]);
    const ramAfter = await phone.exchange(XflashCommand.DEVICE_CTRL, 0x04000c);
    expect((ramAfter[2] as Uint8Array)[24]).toBe(1);
    expect(await phone.exchange(...bootTo)).toEqual([0, 0, SYNC]);
  });

  it('takes a table of discrete memory: no id to compare', async () => {
    const phone = await atStage1({ bootedBy: 'brom' });
    expect(await initExternalRam(phone, memoryTable('35', [new Uint8Array(0)], 0x003))).toEqual([0, 0]);
  });

  it.each(['30', '38'])('refuses a table of version %s and goes on', async (version) => {
    const phone = await atStage1({ bootedBy: 'brom' });
    expect(await initExternalRam(phone, memoryTable(version, [CID.subarray(0, 9)]))).toEqual([0, VERSION_ERROR]);
    expect(await initExternalRam(phone, memoryTable('35', [CID.subarray(0, 9)]))).toEqual([0, 0]);
  });

  it('refuses what is no memory table, and too many records', async () => {
    const phone = await atStage1({ bootedBy: 'brom' });
    expect(await initExternalRam(phone, pattern(256, 3, 1))).toEqual([0, VERSION_ERROR]);
    const table = memoryTable('35', []);
    table[0x6d] = 1;
    expect(await initExternalRam(phone, table)).toEqual([0, 0xc0070005]);
  });

  it.each([
    ['no record fits', memoryTable('35', [STRANGER]), {}],
    ['the id is of UFS memory', memoryTable('35', [CID.subarray(0, 9)], 0x306), {}],
    ['the table is cut', memoryTable('35', [CID.subarray(0, 9)]).subarray(0, 0x90), {}],
    ['DRAM training fails', memoryTable('35', [CID.subarray(0, 9)]), { dramFail: true }],
  ])('falls silent for ever when %s', async (_why, blob, faults) => {
    const phone = await atStage1({ bootedBy: 'brom', faults });
    expect(await initExternalRam(phone, blob)).toEqual([0]);
    expect(await phone.exchange(XflashCommand.DEVICE_CTRL)).toEqual([]);
    expect(phone.failure).toBeUndefined();
  });
});

describe('other commands of stage 1', () => {
  it('sets battery option, checksum level and reset key; stage 2 inherits the checksum level', async () => {
    const phone = await atStage1();
    for (const [code, value] of [
      [0x020002, 2],
      [0x020003, 1],
      [0x020004, 0x68],
    ] as const) {
      expect(await phone.exchange(XflashCommand.DEVICE_CTRL, code, value)).toEqual([0, 0, 0]);
    }
    await phone.exchange(...bootTo);
    expect(await phone.exchange(XflashCommand.DEVICE_CTRL, 0x04000f)).toEqual([0, 0, 3900, 0]);
    const wrongSum = await phone.exchange(XflashCommand.WRITE_DATA, flashBlock(1, 0, 4), 0, 1, pattern(4));
    expect(wrongSum).toEqual([0, 0, 0xc0040003, 0xc0040003]);
  });

  it('hands on the host system: other hosts than Linux read 2 MiB packets in stage 2', async () => {
    const phone = await atStage1();
    expect(await phone.exchange(XflashCommand.DEVICE_CTRL, 0x040007)).toEqual([
      0,
      0,
      encode(u64, 'little', 0x100000001000),
      0,
    ]);
    await phone.exchange(...bootTo);
    expect(await phone.exchange(XflashCommand.DEVICE_CTRL, 0x040007)).toEqual([
      0,
      0,
      encode(u64, 'little', 0x20000000200000),
      0,
    ]);
  });

  it('tests DRAM', async () => {
    const phone = await atStage1();
    const answers = await phone.exchange(XflashCommand.DEVICE_CTRL, 0x0e0002, flashBlock(0, 0x40000000, 0x1000));
    expect(answers).toEqual([0, 0, ascii('RAM test: pass'), 0]);
    const beyond = await phone.exchange(XflashCommand.DEVICE_CTRL, 0x0e0002, flashBlock(0, 0x10000000, 0x1000));
    expect(beyond.at(-1)).toBe(0xc004000a);
  });

  it('refuses the SRAM factory test', async () => {
    const phone = await atStage1();
    expect(await phone.exchange(XflashCommand.SRAM_WRITE_TEST)).toEqual([0, 0xc002000c]);
  });

  it('re-enumerates at high speed and goes on without a handshake', async () => {
    const phone = await atStage1({ bootedBy: 'brom' });
    expect(await phone.exchange(XflashCommand.DEVICE_CTRL, 0x04000b)).toEqual([0, 0, ascii('full-speed'), 0]);
    expect(await phone.exchange(XflashCommand.SWITCH_USB_SPEED, 0)).toEqual([0, 0]);
    expect(phone.wire.products).toEqual([0x2001]);
    expect(await phone.exchange(XflashCommand.DEVICE_CTRL, 0x04000b)).toEqual([0, 0, ascii('high-speed'), 0]);
  });

  it('takes the product id from the parameter', async () => {
    const phone = await atStage1();
    await phone.exchange(XflashCommand.SWITCH_USB_SPEED, 0x0e8d2006);
    expect(phone.wire.products).toEqual([0x2006]);
  });

  it('shuts down', async () => {
    const phone = await atStage1();
    const request = new Uint8Array(24);
    request[0] = 1;
    expect(await phone.exchange(XflashCommand.SHUTDOWN, request)).toEqual([0, 0]);
    expect(phone.left).toBe('boot');
  });
});
