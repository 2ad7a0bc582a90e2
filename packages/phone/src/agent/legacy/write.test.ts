import { describe, expect, it } from 'vitest';
import { be16, be32, startStage2, sumOf } from './testing/test-bench.fixture.js';

/** The image of the example sessions: byte k is k mod 256, 0x600 bytes. */
const IMAGE = Uint8Array.from({ length: 0x600 }, (_, k) => k & 0xff);
const FIRST = IMAGE.slice(0, 0x400);
const SECOND = IMAGE.slice(0x400);
const AT = 0xd80000;
const ADDRESS = '00 00 00 00 00 d8 00 00';
const LENGTH = '00 00 00 00 00 00 06 00';
const USER = 0x1d2000000;
const u64 = (value: number) => value.toString(16).padStart(16, '0');

describe('SDMMC_SWITCH_PART', () => {
  it('takes regions the phone has and refuses others', async () => {
    const { host } = await startStage2();
    expect(await host.ask('60')).toBe('5a');
    expect(await host.ask('08')).toBe('5a');
    expect(await host.ask('60 01')).toBe('5a 5a');
    for (const part of ['00', '04', '09', '0a']) expect(await host.ask('60', part)).toBe('5a a5 00 00 0c 50');
  });
});

describe('SDMMC_WRITE_IMAGE', () => {
  const start = (level = '01', status = '03') => `61 ${level} 08 ${ADDRESS} ${LENGTH} 05 ${status}`;

  it('is the exchange of the example session', async () => {
    const { host, storage, log } = await startStage2({ agent: { imagePacketSize: 0x400 } });
    expect(await host.ask(start())).toBe('00 00 04 00 5a');
    expect(await host.ask('5a', FIRST, 'fe 00')).toBe('69');
    expect(await host.ask('5a', SECOND, 'ff 00')).toBe('69');
    expect(await host.ask('fd 00')).toBe('5a');
    expect(await storage.read('user', AT, 0x600)).toEqual(IMAGE);
    expect(log).toEqual([
      {
        stage: 'stage2',
        what: 'SDMMC_WRITE_IMAGE',
        writes: true,
        detail: { part: 8, address: AT, length: 0x600, imageIndex: 5 },
      },
    ]);
  });

  it('answers a wrong total with its own', async () => {
    const { host } = await startStage2();
    await host.ask(start());
    await host.ask('5a', IMAGE, 'fd 00');
    expect(await host.ask('12 34')).toBe('a5 fd 00');
    expect(await host.ask('64')).toBe('5a');
  });

  it('is over at STOP, and wants no total', async () => {
    const { host } = await startStage2();
    await host.ask(start());
    expect(await host.ask('96')).toBe('');
    expect(await host.ask('64')).toBe('5a');
  });

  it('dictates packets of 1 MiB', async () => {
    const { host, storage } = await startStage2();
    const big = new Uint8Array(0x100200).fill(3);
    expect(await host.ask('61 01 08', ADDRESS, u64(big.length), '05 03')).toBe('00 10 00 00 5a');
    expect(await host.ask('5a', big.slice(0, 0x100000), sumOf(big.slice(0, 0x100000)))).toBe('69');
    expect(await host.ask('5a', big.slice(0x100000), sumOf(big.slice(0x100000)))).toBe('69');
    expect(await host.ask(sumOf(big))).toBe('5a');
    expect(await storage.read('user', AT + 0x100000, 0x202)).toEqual(
      Uint8Array.from({ length: 0x202 }, (_, i) => (i < 0x200 ? 3 : 0)),
    );
  });

  it.each([
    ['crooked address', '08', u64(0x100), LENGTH, '0b dc'],
    ['address behind the region', '08', u64(USER), LENGTH, '0b dc'],
    ['address beyond all numbers', '08', 'ff ff ff ff ff ff fe 00', LENGTH, '0b dc'],
    ['no length', '08', ADDRESS, u64(0), '0b e0'],
    ['end behind the region', '08', u64(USER - 0x400), LENGTH, '0b e0'],
    ['length beyond all numbers', '08', ADDRESS, 'ff ff ff ff ff ff ff ff', '0b e0'],
    ['RPMB', '03', u64(0), LENGTH, '0c 55'],
    ['no such region', '05', u64(0), LENGTH, '0c 50'],
  ])('refuses after the packet size: %s', async (_why, part, address, length, error) => {
    const { host, storage } = await startStage2();
    expect(await host.ask('61 01', part, address, length, '05 03')).toBe(`00 10 00 00 a5 00 00 ${error}`);
    expect(await host.ask('64')).toBe('5a');
    expect(storage.writes).toBe(0);
  });

  it('keeps the rest of a sector it only begins', async () => {
    const { host, storage } = await startStage2();
    await storage.write('user', AT, new Uint8Array(0x400).fill(0x77));
    await host.ask('61 00 08', ADDRESS, u64(0x2ff), '05 03', '5a', IMAGE.slice(0, 0x2ff), '00 00');
    expect(await host.ask(sumOf(IMAGE.slice(0, 0x2ff)))).toBe('5a');
    expect(await storage.read('user', AT + 0x2fe, 3)).toEqual(Uint8Array.of(0xfe, 0x77, 0x77));
  });
});

describe('SDMMC_WRITE_DATA', () => {
  const start = (packet = 0x400, level = '01') => [`62 ${level} 08 ${ADDRESS} ${LENGTH}`, be32(packet)];

  it('is the exchange of the example session', async () => {
    const { host, storage } = await startStage2();
    expect(await host.ask(...start())).toBe('5a');
    expect(await host.ask('5a', FIRST, 'fe 00')).toBe('69');
    expect(await host.ask('5a', SECOND, 'ff 00')).toBe('69');
    expect(await host.ask('64')).toBe('5a');
    expect(await storage.read('user', AT, 0x600)).toEqual(IMAGE);
  });

  it('refuses a damaged packet and takes it again', async () => {
    const { host, storage } = await startStage2();
    await host.ask(...start());
    const damaged = FIRST.slice();
    damaged[9] = 0;
    expect(await host.ask('5a', damaged, 'fe 00')).toBe('a5 00 00 0b f9');
    expect(storage.writes).toBe(0);
    expect(await host.ask('5a', FIRST, 'fe 00')).toBe('69');
    expect(await host.ask('5a', SECOND, 'ff 00')).toBe('69');
    expect(await storage.read('user', AT, 0x600)).toEqual(IMAGE);
  });

  it('reads but does not compare the sum at level 0', async () => {
    const { host } = await startStage2();
    await host.ask(...start(0x400, '00'));
    expect(await host.ask('5a', FIRST, '12 34')).toBe('69');
  });

  it('stops at STOP, without a word', async () => {
    const { host } = await startStage2();
    await host.ask(...start());
    await host.ask('5a', FIRST, 'fe 00');
    expect(await host.ask('96')).toBe('');
    expect(await host.ask('64')).toBe('5a');
  });

  it('hangs on any other byte before a packet', async () => {
    const { host } = await startStage2();
    await host.ask(...start());
    expect(await host.ask('69')).toBe('');
    expect(await host.hasHung()).toBe(true);
  });

  it.each([0x800001, 0])('hangs on packets of %i bytes', async (packet) => {
    const { host } = await startStage2();
    expect(await host.ask(...start(packet))).toBe('');
    expect(await host.hasHung()).toBe(true);
  });

  it('takes packets of 8 MiB', async () => {
    const { host } = await startStage2();
    expect(await host.ask(...start(0x800000))).toBe('5a');
    expect(await host.ask('5a', IMAGE, 'fd 00')).toBe('69');
  });

  it('says when the memory chip fails, and takes the packet again', async () => {
    const { host, storage } = await startStage2();
    storage.brokenAt = AT + 0x500;
    await host.ask(...start());
    expect(await host.ask('5a', FIRST, 'fe 00')).toBe('69');
    expect(await host.ask('5a', SECOND, 'ff 00')).toBe('a5 00 00 0c 52');
    storage.brokenAt = undefined;
    expect(await host.ask('5a', SECOND, 'ff 00')).toBe('69');
    expect(await storage.read('user', AT, 0x600)).toEqual(IMAGE);
  });

  it('writes into the boot areas and refuses RPMB', async () => {
    const { host, storage } = await startStage2();
    await host.ask(`62 01 02 ${u64(0)} ${LENGTH}`, be32(0x1000), '5a', IMAGE, 'fd 00');
    expect(await storage.read('boot2', 0, 0x600)).toEqual(IMAGE);
    expect(await host.ask(`62 01 03 ${u64(0)} ${LENGTH}`, be32(0x1000))).toBe('a5 00 00 0c 55');
  });
});

describe('VERIFY_IMG_CHKSUM', () => {
  const verify = (sum: number, storage = '02') => [
    `bd ${storage} 00 ${ADDRESS} ${LENGTH}`,
    be16(sum),
    '05 03',
    new Uint8Array(16),
  ];

  async function written(level: string, wornAt?: number) {
    const bench = await startStage2();
    bench.storage.wornAt = wornAt;
    await bench.host.ask(`61 ${level} 08 ${ADDRESS} ${LENGTH} 05 03`, '5a', IMAGE, 'fd 00', 'fd 00');
    return bench.host;
  }

  it('agrees with what was read back', async () => {
    const host = await written('03');
    expect(await host.ask(...verify(0xfd00))).toBe('00 00 00 00 64 00 00 00 00 00 00 06 00');
    expect(await host.ask('5a')).toBe('5a');
  });

  it('knows what SDMMC_WRITE_DATA read back', async () => {
    const { host } = await startStage2();
    await host.ask(`62 03 08 ${ADDRESS} ${LENGTH}`, be32(0x400), '5a', FIRST, 'fe 00', '5a', SECOND, 'ff 00');
    await host.ask(...verify(0xfd00));
    expect(await host.ask('5a')).toBe('5a');
  });

  it('finds what the chip stored wrong', async () => {
    const host = await written('03', AT + 0x10);
    await host.ask(...verify(0xfd00));
    expect(await host.ask('5a')).toBe('a5 fd 01');
  });

  it('has nothing to compare when reading back was not asked for', async () => {
    const host = await written('01');
    await host.ask(...verify(0xfd00));
    expect(await host.ask('5a')).toBe('a5 00 00');
  });

  it('answers DEAD for storage that is not there', async () => {
    const host = await written('03');
    expect(await host.ask(...verify(0xfd00, '01'))).toBe('a5 de ad');
  });
});
