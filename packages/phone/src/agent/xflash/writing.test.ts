import { XflashCommand } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { frame, TestPhone } from './testing/host.js';
import { chunk, firstDifference, flashBlock, nameAndSize, pattern } from './testing/words.js';

const USER = 8;
const BOOT1 = 1;
const CARD_ERROR = 0xc0040030;
const CHECKSUM_ERROR = 0xc0040003;
const PACKET = 0x200000;
const DATA = 0x10000000;

async function writing(phone: TestPhone, length: number, address = DATA): Promise<void> {
  expect(await phone.exchange(XflashCommand.WRITE_DATA, flashBlock(USER, address, length))).toEqual([0, 0]);
}

describe('WRITE_DATA', () => {
  it('writes chunks of any length; one status a chunk and a final one', async () => {
    const phone = await TestPhone.withTable();
    const data = pattern(PACKET + 5000, 13, 2);
    await writing(phone, data.length, DATA + 3);
    expect(await phone.exchange(...chunk(data.slice(0, 777)))).toEqual([0]);
    expect(await phone.exchange(...chunk(data.slice(777, PACKET)))).toEqual([0]);
    expect(await phone.exchange(...chunk(data.slice(PACKET)))).toEqual([0, 0]);
    expect(firstDifference(await phone.storage.read('user', DATA + 3, data.length), data)).toBe(-1);
    expect(phone.writes()).toEqual(['WRITE_DATA']);
  });

  it('has only the final status for nothing to write', async () => {
    const phone = await TestPhone.withTable();
    expect(await phone.exchange(XflashCommand.WRITE_DATA, flashBlock(USER, DATA, 0))).toEqual([0, 0, 0]);
  });

  it('refuses what nobody signed, by place and by name', async () => {
    const phone = await TestPhone.withTable({ faults: { signedOnly: true } });
    expect(await phone.exchange(XflashCommand.WRITE_DATA, flashBlock(USER, DATA, 512))).toEqual([0, 0xc002000c]);
    expect(await phone.exchange(XflashCommand.DOWNLOAD, ...nameAndSize('boot', 512))).toEqual([0, 0xc0020004]);
    expect(await phone.exchange(XflashCommand.FORMAT, flashBlock(USER, DATA, 512))).toEqual([0, 0, 0xc002000c]);
  });

  it('tells a storage error one buffer later, and again as final status', async () => {
    const phone = await TestPhone.withTable();
    const data = pattern(PACKET);
    phone.storage.failWritesFrom = DATA + 1;
    await writing(phone, 3 * PACKET);
    expect(await phone.exchange(...chunk(data))).toEqual([0]);
    expect(await phone.exchange(...chunk(data))).toEqual([CARD_ERROR, CARD_ERROR]);
    expect(await phone.exchange(0x01003f)).toEqual([0xc0010003]);
  });

  it('tells a storage error of a small write only in the final status', async () => {
    const phone = await TestPhone.withTable();
    phone.storage.failWritesFrom = DATA + 1;
    await writing(phone, 1024);
    expect(await phone.exchange(...chunk(pattern(512)))).toEqual([0]);
    expect(await phone.exchange(...chunk(pattern(512)))).toEqual([0, CARD_ERROR]);
  });

  it('drops the buffer that a wrong checksum belongs to', async () => {
    const phone = await TestPhone.withTable({ checksumLevel: 1 });
    await writing(phone, 1024);
    expect(await phone.exchange(...chunk(pattern(512)))).toEqual([0]);
    expect(await phone.exchange(...chunk(pattern(512), 1))).toEqual([CHECKSUM_ERROR, CHECKSUM_ERROR]);
    expect(await phone.storage.read('user', DATA, 512)).toEqual(new Uint8Array(512));
    await writing(phone, 512);
  });

  it('takes a header that is no frame in the middle for the end of the write', async () => {
    const phone = await TestPhone.withTable();
    await writing(phone, 1024);
    phone.wire.feed(frame(new Uint8Array(4), { magic: 1 }));
    expect(await phone.exchange()).toEqual([0xc0010005]);
  });

  it('refuses packets above the packet length even when more is missing', async () => {
    const phone = await TestPhone.withTable();
    await writing(phone, 2 * PACKET);
    expect(await phone.exchange(...chunk(new Uint8Array(PACKET + 2)))).toEqual([0xc0010006]);
  });
});

describe('storage checksum', () => {
  it('finds data that the card stored wrong', async () => {
    const phone = await TestPhone.withTable({ checksumLevel: 2 });
    phone.storage.corrupt = true;
    await writing(phone, 600);
    expect(await phone.exchange(...chunk(pattern(600)))).toEqual([0, CHECKSUM_ERROR]);
  });

  it('is not looked at with level 0', async () => {
    const phone = await TestPhone.withTable({ checksumLevel: 0 });
    phone.storage.corrupt = true;
    await writing(phone, 600);
    expect(await phone.exchange(...chunk(pattern(600)))).toEqual([0, 0]);
  });

  it('takes the word of the host for the reference: it has to be right, odd chunks included', async () => {
    const phone = await TestPhone.withTable({ checksumLevel: 2 });
    const data = pattern(965, 5, 1);
    await writing(phone, data.length);
    expect(await phone.exchange(...chunk(data.slice(0, 451), 0xddb1))).toEqual([0]);
    expect(await phone.exchange(...chunk(data.slice(451), 0x00a5))).toEqual([0, 0]);
    for (const wrong of [0xddb0, 0x1ddb1]) {
      await writing(phone, 451);
      expect(await phone.exchange(...chunk(data.slice(0, 451), wrong))).toEqual([0, CHECKSUM_ERROR]);
    }
  });
});

describe('cancel', () => {
  it('with the top bit set writes nothing more', async () => {
    const phone = await TestPhone.withTable();
    await writing(phone, 2 * PACKET);
    expect(await phone.exchange(...chunk(pattern(PACKET)))).toEqual([0]);
    expect(await phone.exchange(0xc0010002)).toEqual([0xc0010002]);
    expect(firstDifference(await phone.storage.read('user', DATA, PACKET), pattern(PACKET))).toBe(-1);
    expect(phone.writes()).toEqual(['WRITE_DATA']);
  });

  it('with a positive word leaves rubbish on the card behind the data', async () => {
    const phone = await TestPhone.withTable();
    await writing(phone, 2 * PACKET);
    expect(await phone.exchange(1)).toEqual([1]);
    expect(phone.writes()).toEqual(['WRITE_DATA', 'STRAY_WRITE']);
    expect((await phone.storage.read('user', DATA, 1))[0]).toBe(0xa5);
  });
});

describe('the table on the card', () => {
  it('is needed for the user area, not for the boot areas', async () => {
    const phone = await TestPhone.atStage2();
    expect(await phone.exchange(XflashCommand.WRITE_DATA, flashBlock(USER, 0, 512))).toEqual([0, 0xc0040007]);
    expect(await phone.exchange(XflashCommand.WRITE_DATA, flashBlock(BOOT1, 0, 4))).toEqual([0, 0]);
    expect(await phone.exchange(...chunk(pattern(4)))).toEqual([0, 0]);
  });

  it('is used from the backup when the primary is damaged, and none when both are', async () => {
    const phone = await TestPhone.withTable();
    await phone.storage.write('user', 0x200 + 0x18, Uint8Array.of(9));
    await writing(phone, 512);
    await phone.exchange(...chunk(pattern(512)));

    const other = await TestPhone.atStage2({ storage: phone.storage });
    await phone.storage.write('user', 0x1d2000000 - 0x4000, Uint8Array.of(9));
    expect(await other.exchange(XflashCommand.DOWNLOAD, ...nameAndSize('logo', 512))).toEqual([0, 0xc0030008]);
  });
});
