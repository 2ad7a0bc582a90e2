import { ascii, encode, u64, XflashCommand } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { frame, TestPhone } from './testing/host.js';
import { firstDifference, flashBlock, pattern } from './testing/words.js';

const USER = 8;
const CARD_ERROR = 0xc0040030;

describe('READ_DATA', () => {
  it('sends any byte range in packets of 64 KiB to a Linux host', async () => {
    const phone = await TestPhone.atStage2();
    const data = pattern(0x18001, 11, 1);
    await phone.storage.write('user', 0x12345, data);
    const first = await phone.exchange(XflashCommand.READ_DATA, flashBlock(USER, 0x12345, 0x18001));
    expect(first.slice(0, 3)).toEqual([0, 0, 0]);
    expect(firstDifference(first[3], data.slice(0, 0x10000))).toBe(-1);
    const second = await phone.exchange(0);
    expect(second[0]).toBe(0);
    expect(firstDifference(second[1], data.slice(0x10000))).toBe(-1);
    expect(await phone.exchange(0)).toEqual([0]);
    expect(phone.log.at(-1)).toEqual({
      stage: 'stage2',
      what: 'READ_DATA',
      writes: false,
      detail: { section: 'user', address: '0x12345', length: 0x18001 },
    });
  });

  it('sends packets of 2 MiB to other hosts', async () => {
    const phone = await TestPhone.atStage2({ systemOs: 0 });
    const answers = await phone.exchange(XflashCommand.READ_DATA, flashBlock(USER, 0, 0x200001));
    expect((answers[3] as Uint8Array).length).toBe(0x200000);
    expect(((await phone.exchange(0))[1] as Uint8Array).length).toBe(1);
  });

  it('has only the final status for nothing to read', async () => {
    const phone = await TestPhone.atStage2();
    expect(await phone.exchange(XflashCommand.READ_DATA, flashBlock(USER, 0, 0))).toEqual([0, 0, 0]);
  });

  it('tells a read error in the place of the go-ahead, then again', async () => {
    const phone = await TestPhone.atStage2({ systemOs: 1 });
    phone.storage.failReadsFrom = 0x200000;
    const first = await phone.exchange(XflashCommand.READ_DATA, flashBlock(USER, 0x100000, 0x180000));
    expect(first.slice(0, 3)).toEqual([0, 0, 0]);
    for (let packet = 1; packet < 16; packet++) expect(await phone.exchange(0)).toHaveLength(2);
    expect(await phone.exchange(0)).toEqual([CARD_ERROR, CARD_ERROR]);
    expect(await phone.exchange(0x01003f)).toEqual([0xc0010003]);
  });

  it('ends with the error of an acknowledgement that is no frame', async () => {
    const phone = await TestPhone.atStage2();
    await phone.exchange(XflashCommand.READ_DATA, flashBlock(USER, 0, 0x20000));
    phone.wire.feed(frame(new Uint8Array(4), { magic: 0x12345678 }));
    expect(await phone.exchange()).toEqual([0xc0010005]);
  });

  it('mixes log frames into the data when asked for', async () => {
    const phone = await TestPhone.atStage2({ logging: true });
    phone.wire.feed(frame(encode(u64, 'little', XflashCommand.READ_DATA).slice(0, 4)), frame(flashBlock(USER, 0, 16)));
    const types = (await phone.allFrames()).map(({ type }) => type);
    expect(types).toEqual([2, 1, 1, 1, 2, 1]);
  });

  it('does not overflow on addresses beyond any storage', async () => {
    const phone = await TestPhone.atStage2();
    const block = flashBlock(USER, 0, 0x200);
    block.fill(0xff, 8, 16);
    expect(await phone.exchange(XflashCommand.READ_DATA, block)).toEqual([0, 0xc004000b]);
  });
});

describe('UPLOAD', () => {
  it('sends the size of the partition, then the whole of it', async () => {
    const phone = await TestPhone.withTable();
    const data = pattern(0x20000, 3, 9);
    await phone.storage.write('user', 0x900000, data);
    const answers = await phone.exchange(XflashCommand.UPLOAD, ascii('SMALL'));
    expect(answers.slice(0, 4)).toEqual([0, 0, encode(u64, 'little', 0x20000), 0]);
    expect(firstDifference(answers[4], data.slice(0, 0x10000))).toBe(-1);
    expect(firstDifference((await phone.exchange(0))[1], data.slice(0x10000))).toBe(-1);
    expect(await phone.exchange(0)).toEqual([0]);
  });

  it('logs what it does not answer', async () => {
    const phone = await TestPhone.withTable();
    expect(await phone.exchange(XflashCommand.UPLOAD, ascii('nosuch'))).toEqual([0]);
    expect(phone.log.at(-1)).toMatchObject({ what: 'UPLOAD', detail: { name: 'nosuch', silent: '0xc0040006' } });
  });
});
