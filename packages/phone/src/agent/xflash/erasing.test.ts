import { ascii, XflashCommand } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import type { Profile } from '../../profiles/profile.js';
import { gptImages } from './testing/gpt-image.js';
import { TestPhone } from './testing/host.js';
import { MemoryStorage } from './testing/memory-storage.js';
import { MT6765, USER_SIZE } from './testing/test-profile.js';
import { flashBlock, pattern } from './testing/words.js';

const CONTINUE = 0x40040004;
const COMPLETE = 0x40040005;
const CARD_ERROR = 0xc0040030;

describe('FORMAT', () => {
  it('erases, tells 100 percent once, and completes', async () => {
    const phone = await TestPhone.atStage2();
    await phone.storage.write('user', 0x100000, pattern(1024));
    const block = flashBlock(8, 0x100000, 512);
    expect(await phone.exchange(XflashCommand.FORMAT, block)).toEqual([0, 0, CONTINUE, 100]);
    expect(await phone.exchange(0)).toEqual([COMPLETE]);
    expect(await phone.storage.read('user', 0x100000, 512)).toEqual(new Uint8Array(512));
    expect(await phone.storage.read('user', 0x100200, 512)).toEqual(pattern(1024).slice(512));
    expect(phone.writes()).toEqual(['FORMAT']);
  });

  it('erases what is inside in spite of a range error', async () => {
    const phone = await TestPhone.atStage2();
    await phone.storage.write('user', USER_SIZE - 512, pattern(512));
    const block = flashBlock(8, USER_SIZE - 1024, 2048);
    expect(await phone.exchange(XflashCommand.FORMAT, block)).toEqual([0, 0xc004000b, CONTINUE, 100]);
    expect(await phone.exchange(0)).toEqual([COMPLETE]);
    expect(await phone.storage.read('user', USER_SIZE - 512, 512)).toEqual(new Uint8Array(512));
  });

  it('ends with the error of the card', async () => {
    const phone = await TestPhone.atStage2();
    phone.storage.failErase = true;
    expect(await phone.exchange(XflashCommand.FORMAT, flashBlock(8, 0, 512))).toEqual([0, 0, CARD_ERROR]);
  });

  it('does not erase on another storage than the fitted one', async () => {
    const phone = await TestPhone.atStage2();
    const answers = await phone.exchange(XflashCommand.FORMAT, flashBlock(3, 0, 4096, 0x30));
    expect(answers).toEqual([0, 0xc0030006, 0xc0030007]);
  });
});

describe('FORMAT_PARTITION', () => {
  it('ends with the error of the card', async () => {
    const phone = await TestPhone.withTable();
    phone.storage.failErase = true;
    expect(await phone.exchange(XflashCommand.FORMAT_PARTITION, ascii('logo'))).toEqual([0, CARD_ERROR]);
  });

  it('ends at once with status 0 on the user area of UFS and erases nothing', async () => {
    const size = 0x10000000;
    const profile: Profile = {
      ...MT6765,
      storage: {
        ...MT6765.storage,
        kind: 'ufs',
        blockSize: 4096,
        regions: { lu0: 0x400000, lu1: 0x400000, lu2: size },
      },
    };
    const storage = new MemoryStorage('ufs', profile.storage.regions);
    const table = gptImages(size, [{ name: 'cache', start: 0x100000, size: 0x100000 }], 4096);
    await storage.write('lu2', 0, table.primary);
    await storage.write('lu2', 0x100000, pattern(16));
    const phone = await TestPhone.atStage2({ profile, storage });
    expect(await phone.exchange(XflashCommand.FORMAT_PARTITION, ascii('cache'))).toEqual([0, 0]);
    expect(await storage.read('lu2', 0x100000, 16)).toEqual(pattern(16));
    const format = await phone.exchange(XflashCommand.FORMAT, flashBlock(3, 0x100000, 0x1000, 0x30), 0);
    expect(format).toEqual([0, 0, CONTINUE, 100, COMPLETE]);
    expect(await storage.read('lu2', 0x100000, 16)).toEqual(new Uint8Array(16));
  });
});
