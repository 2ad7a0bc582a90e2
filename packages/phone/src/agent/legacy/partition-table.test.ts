import { ascii, concat, crc32, GptHeader, LegacyGptEntry, LegacyPmtEntry, struct, text, u64 } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import {
  be32,
  fromHex,
  passConfig,
  startAgent,
  startStage2,
  type TestStorage,
  testProfile,
  toHex,
  uploadStage2,
} from './testing/test-bench.fixture.js';

const USER = 0x1d2000000;
const gptEntry = (name: string, start: number, size: number) =>
  LegacyGptEntry.build({ name, start, size, region: 8, padding: new Uint8Array(0) });
const ENTRIES = [
  gptEntry('proinfo', 0x80000, 0x300000),
  gptEntry('nvram', 0x380000, 0x500000),
  gptEntry('userdata', 0x1000000, USER - 0x2000000),
];
const LENGTH = '00 00 01 08';

describe('the GPT', () => {
  async function writeBoth(host: Awaited<ReturnType<typeof startStage2>>['host']) {
    for (const position of ['01', '00']) {
      expect(await host.ask('a9')).toBe('5a');
      expect(await host.ask(position, be32(3), ...ENTRIES)).toBe('5a');
    }
  }

  it('is not there on a blank phone', async () => {
    const { host, log } = await startStage2();
    expect(await host.ask('a5')).toBe('a5 00 00 04 0d');
    expect(log.at(-1)).toMatchObject({ what: 'SDMMC_READ_PMT', writes: false });
  });

  it('is read back as it was written, with its state', async () => {
    const { host, log } = await startStage2();
    await writeBoth(host);
    expect(log.at(-1)).toMatchObject({ what: 'SDMMC_WRITE_GPT', writes: true, detail: { position: 0, count: 3 } });
    expect(await host.ask('a5')).toBe(`06 ${LENGTH}`);
    expect(await host.ask('5a')).toBe(toHex(concat(...ENTRIES)));
    expect(await host.ask('5a')).toBe('');
    expect(await host.ask('64')).toBe('5a');
  });

  it('is not sent when the host does not want it', async () => {
    const { host } = await startStage2();
    await writeBoth(host);
    await host.ask('a5');
    expect(await host.ask('a5')).toBe('');
    expect(await host.ask('64')).toBe('5a');
  });

  it('tells which copy is whole', async () => {
    const { host, storage } = await startStage2();
    await writeBoth(host);
    const damage = async (offset: number) => {
      const [byte] = await storage.read('user', offset, 1);
      await storage.write('user', offset, Uint8Array.of((byte as number) ^ 1));
    };
    await damage(0x400 + 60); // an entry of the first copy: its sum no longer fits
    expect(await host.ask('a5')).toBe(`04 ${LENGTH}`);
    expect(await host.ask('5a')).toBe(toHex(concat(...ENTRIES)));
    await host.ask('5a');
    await damage(0x400 + 60);
    await damage(USER - 512 + 40); // the second header
    expect(await host.ask('a5')).toBe(`02 ${LENGTH}`);
    await host.ask('00');
    await damage(512 + 24);
    expect(await host.ask('a5')).toBe('a5 00 00 04 0d');
  });

  it('has right sums and places for other tools', async () => {
    const { host, storage } = await startStage2();
    await writeBoth(host);
    for (const [sector, other, entriesAt] of [
      [1, USER / 512 - 1, 2],
      [USER / 512 - 1, 1, USER / 512 - 33],
    ] as const) {
      const raw = await storage.read('user', sector * 512, 512);
      const header = GptHeader.parse(raw);
      expect(header).toMatchObject({
        signature: ascii('EFI PART'),
        revision: 0x10000,
        headerSize: 92,
        currentLba: sector,
        backupLba: other,
        firstUsableLba: 34,
        lastUsableLba: USER / 512 - 34,
        entriesLba: entriesAt,
        entryCount: 128,
        entrySize: 128,
      });
      expect(header.entriesCrc).toBe(crc32(await storage.read('user', entriesAt * 512, 128 * 128)));
      raw.set(new Uint8Array(4), 16);
      expect(header.headerCrc).toBe(crc32(raw.slice(0, 92)));
    }
    expect(toHex(await storage.read('user', 446, 66))).toMatch(
      /^00 00 02 00 ee ff ff ff 01 00 00 00 ff ff e8 00 .*55 aa$/,
    );
    expect(toHex(await storage.read('user', 0x400, 16))).toBe('a2 a0 d0 eb e5 b9 33 44 87 c0 68 b6 b7 26 99 c7');
    expect(toHex(await storage.read('user', 0x400 + 56, 16))).toBe('70 00 72 00 6f 00 69 00 6e 00 66 00 6f 00 00 00');
  });

  it.each([
    ['position 2', '02', [ENTRIES[0] as Uint8Array], '13 cd'],
    ['a partition behind the end', '00', [gptEntry('x', 0x80000, USER)], '13 cd'],
    ['a crooked start', '00', [gptEntry('x', 0x80001, 0x200)], '13 cd'],
    ['too many', '00', new Array<Uint8Array>(41).fill(ENTRIES[0] as Uint8Array), '0c 71'],
  ])('is refused: %s', async (_why, position, entries, error) => {
    const { host, storage } = await startStage2();
    expect(await host.ask('a9', position, be32(entries.length), ...entries)).toBe(`5a a5 00 00 ${error}`);
    expect(storage.writes).toBe(0);
    expect(await host.ask('64')).toBe('5a');
  });

  it('says when the memory chip fails', async () => {
    const { host, storage } = await startStage2();
    storage.brokenAt = 700;
    expect(await host.ask('a9 00', be32(3), ...ENTRIES)).toBe('5a a5 00 00 0c 52');
  });

  it('is not written by SDMMC_WRITE_PMT: GPT builds pass it over', async () => {
    const { host } = await startStage2();
    expect(await host.ask('a4')).toBe('');
    expect(await host.ask('64')).toBe('5a');
  });
});

describe('the PMT', () => {
  const Plain = struct('little', { name: text(64), size: u64, offset: u64, mask: u64 });
  const MAIN = USER - 0x100000;
  const profile = testProfile({ extraConfig: 'none', nandSizeBits: 32, nandIdCount: 5 }, 'pmt');
  const PARTS = [
    { name: 'PRELOADER', size: 0x400000, offset: 0, mask: 0, partId: 1 },
    { name: 'MBR', size: 0x80000, offset: 0, mask: 0, partId: 8 },
    { name: 'ANDROID', size: 0x94000000, offset: 0xa400000, mask: 0, partId: 8 },
  ];
  const SENT = concat(...PARTS.map((part) => LegacyPmtEntry.build(part)));
  const plain = concat(...PARTS.map((part) => Plain.build(part)));

  async function store(storage: TestStorage, at: number, magic: string, entries: Uint8Array) {
    const copy = new Uint8Array(0x1000);
    copy.set(ascii(magic));
    copy.set(ascii('1.0'), 4);
    copy.set(entries, 8);
    copy.set(ascii(magic), 0xffc);
    await storage.write('user', at, copy);
  }

  it('is not there on a blank phone', async () => {
    const { host } = await startStage2({ profile });
    expect(await host.ask('a5')).toBe('a5 00 00 04 0d');
  });

  it.each([
    ['first form', '1vTP', plain],
    ['first magic, wide entries', '1vTP', SENT],
    ['third form', '3vTP', SENT],
  ])('is read in every form phones have: %s', async (_form, magic, entries) => {
    const { host, storage } = await startStage2({ profile });
    await store(storage, MAIN, magic, entries);
    expect(await host.ask('a5')).toBe('5a 00 00 01 20');
    expect(fromHex(await host.ask('5a'))).toEqual(SENT);
    expect(await host.ask('5a 64')).toBe('5a');
  });

  it('is read from its mirror when the main copy is damaged', async () => {
    const { host, storage } = await startStage2({ profile });
    await store(storage, MAIN, '1vTP', plain);
    await store(storage, MAIN + 0x1000, '1TPM', plain);
    await storage.write('user', MAIN + 0xfff, Uint8Array.of(0));
    expect(await host.ask('a5 5a 5a')).toBe(`5a 00 00 01 20 ${toHex(SENT)}`);
    await storage.write('user', MAIN + 0x1004, Uint8Array.of(0x32));
    expect(await host.ask('a5')).toBe('a5 00 00 04 0d');
  });

  it('is written into both copies, in the form that was there', async () => {
    const { host, storage, log } = await startStage2({ profile });
    await store(storage, MAIN, '3vTP', SENT.slice(0, 0x60));
    expect(await host.ask('a4')).toBe('5a');
    expect(await host.ask(be32(3))).toBe('5a');
    for (let i = 0; i < 3; i++) expect(await host.ask(SENT.slice(0x60 * i, 0x60 * (i + 1)))).toBe('69');
    expect(await host.ask('00 00 00 01')).toBe('5a 5a');
    expect(log.at(-1)).toMatchObject({ what: 'SDMMC_WRITE_PMT', writes: true });
    expect(await storage.read('user', MAIN + 8, SENT.length)).toEqual(SENT);
    expect(await storage.read('user', MAIN + 0x1000, 4)).toEqual(ascii('3TPM'));
    expect(await host.ask('a5 5a 5a')).toBe(`5a 00 00 01 20 ${toHex(SENT)}`);
  });

  it('is written in the first form on a blank phone', async () => {
    const { host, storage } = await startStage2({ profile });
    await host.ask('a4', be32(3), SENT, '00 00 00 00');
    expect(await storage.read('user', MAIN + 8, plain.length)).toEqual(plain);
    expect(await host.ask('a5 5a 5a')).toBe(`5a 00 00 01 20 ${toHex(SENT)}`);
  });

  it('is refused when it does not fit', async () => {
    const { host, storage } = await startStage2({ profile });
    const beyond = LegacyPmtEntry.build({ name: 'X', size: USER + 1, partId: 8, offset: 0, mask: 0 });
    expect(await host.ask('a4', be32(1), beyond, be32(0))).toBe('5a 5a 69 5a a5 00 00 13 cd');
    const many = new Array<Uint8Array>(47).fill(SENT.slice(0, 0x60));
    expect(await host.ask('a4', be32(47), ...many, be32(0))).toMatch(/5a a5 00 00 13 cd$/);
    expect(storage.writes).toBe(0);
  });
});

describe('an agent that is told what table the project has', () => {
  const profile = testProfile({ extraConfig: 'is-gpt' }, 'pmt');

  it.each([
    ['00 00 00 00', '5a 00 00 00 60'],
    ['00 00 00 01', 'a5 00 00 04 0d'],
  ])('looks for that one only: %s', async (word, answer) => {
    const { host, storage } = startAgent({ profile });
    const entry = struct('little', { name: text(64), size: u64, offset: u64, mask: u64 });
    const copy = new Uint8Array(0x1000);
    copy.set(ascii('1vTP1.0\0'));
    copy.set(entry.build({ name: 'NVRAM', size: 0x500000, offset: 0x400000, mask: 0 }), 8);
    copy.set(ascii('1vTP'), 0xffc);
    await storage.write('user', USER - 0x100000, copy);
    await passConfig(host, word);
    await host.answer();
    await uploadStage2(host);
    expect(await host.ask('a5')).toBe(answer);
  });
});
