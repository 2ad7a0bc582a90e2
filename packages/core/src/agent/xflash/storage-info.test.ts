import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Link } from '../../link/link.js';
import { framed, type Step, word } from '../frames/testing/frame-bytes.fixture.js';
import { ScriptedPort } from '../frames/testing/scripted-port.fixture.js';
import { XflashChannel } from './frame.js';
import { queryRamSize, queryStorage, queryUsbSpeed, queryWritePacketLength } from './storage-info.js';
import { parseExchanges, pick } from './testing/exchanges.fixture.js';

const EXCHANGES = new Map(
  ['./fixtures/bring-up.txt', './fixtures/genuine-mt6765.txt'].flatMap((file) => [
    ...parseExchanges(readFileSync(new URL(file, import.meta.url), 'utf8')),
  ]),
);

const hex = (text: string) =>
  Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (digits) => Number.parseInt(digits, 16));

/** The exchange with another data block in its answer. */
function answering(name: string, data: Uint8Array): Step[] {
  return pick(EXCHANGES, name).map((step, i) => (i === 4 ? { from: 'agent', bytes: framed(data) } : step));
}

const channel = (steps: Step[]) => new XflashChannel(new Link(new ScriptedPort(steps)));

/** Values of a real MT8183 board with a 2018 build: 96 bytes. */
const EMMC_96 = hex(`
  01 00 00 00 00 02 00 00 00 00 40 00 00 00 00 00 00 00 40 00 00 00 00 00 00 00 40 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 E0 A3 03 00 00 00 15 01 00 41 4A 54 44 34 52 06 E1 2F C0 33 89 49 00 00 00 00 00 00 00 00`);

describe('queryStorage', () => {
  it('reads the shorter block of builds before 2019', async () => {
    const storage = await queryStorage(channel(answering('info 1', EMMC_96)));
    expect(storage).toMatchObject({ kind: 'emmc', blockSize: 512 });
    expect(storage.regions.get('user')).toBe(0x3a3e00000);
    expect(storage.regions.has('gp1')).toBe(false);
    expect(storage.id).toEqual(hex('15 01 00 41 4A 54 44 34 52 06 E1 2F C0 33 89 49'));
  });

  it('lists general purpose areas that exist', async () => {
    const block = EMMC_96.slice();
    block[32 + 8 + 2] = 0x40;
    const storage = await queryStorage(channel(answering('info 1', block)));
    expect(storage.regions.get('gp2')).toBe(0x400000);
    expect(storage.regions.has('gp1')).toBe(false);
  });

  it('finds a UFS when there is no eMMC', async () => {
    const storage = await queryStorage(channel(pick(EXCHANGES, 'no storage life', 'ufs info')));
    expect(storage).toMatchObject({ kind: 'ufs', blockSize: 0x1000 });
    expect([...storage.regions]).toEqual([
      ['lu0', 0x400000],
      ['lu1', 0x400000],
      ['lu2', 0xee5800000],
    ]);
    expect(new TextDecoder().decode(storage.id)).toBe('SAMPLECID0123456789A');
  });

  it('reads the UFS block of builds before 2019', async () => {
    const whole = pick(EXCHANGES, 'ufs info')[4]?.bytes.slice(12) as Uint8Array;
    const old = new Uint8Array(56);
    old.set(whole.subarray(0, 32));
    old.set(new TextEncoder().encode('KM5H7001DM-B424 '), 32);
    const steps = [...pick(EXCHANGES, 'no storage life'), ...answering('ufs info', old)];
    expect(new TextDecoder().decode((await queryStorage(channel(steps))).id)).toBe('KM5H7001DM-B424');
  });

  it('says so when nothing is fitted', async () => {
    const steps = pick(EXCHANGES, 'no storage life', 'info 2', 'info 3', 'info 4');
    await expect(queryStorage(channel(steps))).rejects.toMatchObject({
      code: 'STORAGE_NOT_FOUND',
      evidence: expect.arrayContaining(['GET_EMMC_INFO: not fitted', 'GET_NOR_INFO: not fitted']),
    });
  });

  it('says so when the storage is NAND', async () => {
    const nand = new Uint8Array(48).fill(0x10, 0, 1);
    const steps = [...pick(EXCHANGES, 'no storage life', 'info 2'), ...answering('info 3', nand)];
    await expect(queryStorage(channel(steps))).rejects.toMatchObject({ code: 'STORAGE_UNSUPPORTED' });
  });

  it.each([
    ['cut off', EMMC_96.slice(0, 60)],
    ['three bytes', EMMC_96.slice(0, 3)],
    ['a block size of 0', Uint8Array.from(EMMC_96, (byte, i) => (i === 5 ? 0 : byte))],
    ['a block size of 3 GiB', Uint8Array.from(EMMC_96, (byte, i) => (i === 7 ? 0xc0 : byte))],
    ['a user area of nothing', Uint8Array.from(EMMC_96, (byte, i) => (i >= 64 && i < 72 ? 0 : byte))],
    ['a user area beyond all measure', Uint8Array.from(EMMC_96, (byte, i) => (i === 71 ? 0xff : byte))],
  ])('does not believe a block with %s', async (_, block) => {
    await expect(queryStorage(channel(answering('info 1', block)))).rejects.toMatchObject({
      code: 'AGENT_REPLY_INVALID',
      evidence: [expect.stringMatching(/^\d+ bytes: /)],
    });
  });

  it('takes an error word in the place of the data', async () => {
    const refusal = pick(EXCHANGES, 'info 1').slice(0, 4);
    const steps: Step[] = [...refusal, { from: 'agent', bytes: word(0xc0040030) }, ...pick(EXCHANGES, 'ufs info')];
    expect((await queryStorage(channel(steps))).kind).toBe('ufs');
  });
});

describe('the other queries', () => {
  it('RAM of 32-bit builds', async () => {
    const block = hex('02000000 00001000 00000300 01000000 00000040 00000040');
    expect(await queryRamSize(channel(answering('info 5', block)))).toBe(0x40000000);
  });

  it('RAM that is not up yet is not told', async () => {
    expect(await queryRamSize(channel(answering('info 5', new Uint8Array(48))))).toBeUndefined();
  });

  it('USB speed', async () => {
    expect(await queryUsbSpeed(channel(pick(EXCHANGES, 'info 10')))).toBe('full-speed');
  });

  it.each([
    ['02200000 00000100', 0x2002],
    ['01020000 00000100', 0x200],
    ['00002000 00000100', 0x200000],
    ['ffffffff ffffffff', 0x200000],
  ])('a write packet length of %s becomes an even number in bounds', async (block, length) => {
    expect(await queryWritePacketLength(channel(answering('info 8', hex(block))))).toBe(length);
  });

  it('a write packet length nobody can work with', async () => {
    const steps = answering('info 8', hex('00010000 00000100'));
    await expect(queryWritePacketLength(channel(steps))).rejects.toMatchObject({ code: 'AGENT_REPLY_INVALID' });
  });
});
