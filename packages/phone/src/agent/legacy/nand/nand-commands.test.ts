import {
  concat,
  encode,
  LegacyFormatStatistics,
  LegacyNandImage,
  LegacyPmtEntry,
  LegacyRomType,
  sum16,
  u64,
} from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { nandBirth } from '../../../birth/nand-birth.js';
import { BadBlockMap } from '../../../nand/bad-block-map.js';
import { NandChip } from '../../../nand/nand-chip.js';
import { NandFlash } from '../../../nand/nand-flash.js';
import { StorageFault } from '../../../storage/phone-storage.js';
import { pattern } from '../../../testing/bytes.fixture.js';
import { smallNandPhone } from '../../../testing/nand-phone.fixture.js';
import {
  be16,
  be32,
  fromHex,
  startAgent,
  startStage2,
  sumOf,
  testProfile,
  toHex,
  uploadStage2,
} from '../testing/test-bench.fixture.js';

const PAGE = 2048;
const BLOCK = 4 * PAGE;
const be64 = (value: number) => encode(u64, 'big', value);

/** A phone in the command loop, and its flash as one sees it after the command. */
async function nandPhone(born = true) {
  const bench = await startStage2({
    profile: smallNandPhone(),
    prepare: (storage, profile) => (born ? nandBirth(storage, profile, 'test') : Promise.resolve()),
  });
  const flash = async () => {
    const chip = new NandChip(bench.storage, bench.profile);
    return new NandFlash(chip, await BadBlockMap.load(chip, 8));
  };
  return { ...bench, flash };
}

const image = (
  name: string,
  block: number,
  length: number,
  romType: number = LegacyRomType.NORMAL_ROM,
  maxSize = 0x100000,
) =>
  LegacyNandImage.build({
    enabled: 0x5a,
    begin: block * BLOCK,
    end: block * BLOCK + length - 1,
    maxSize,
    partitionLength: 4 * BLOCK,
    romType,
    nandArchitecture: 0,
    name,
  });
const listHead = (count: number) => concat(fromHex('a5 a5 5a'), Uint8Array.of(count, count), be32(0), be32(0));

describe('NAND images', () => {
  it('are announced, then written one after another, around bad and worn-out blocks', async () => {
    const { host, flash } = await nandPhone();
    const first = pattern(BLOCK + 100);
    const second = pattern(3 * BLOCK).fill(7, 0, 50);
    expect(await host.ask('dd', listHead(2))).toBe('5a');
    expect(await host.ask(image('BOOTIMG', 8, first.length))).toBe('5a');
    expect(await host.ask(image('ANDROID', 12, second.length, LegacyRomType.UBI_IMG))).toBe('5a');
    expect(await host.ask('de')).toBe('5a');
    expect(await host.ask(be32(0x2000))).toBe('5a 5a 5a');
    expect(await host.ask(first.subarray(0, BLOCK), sumOf(first.subarray(0, BLOCK)))).toBe('69');
    expect(await host.ask(first.subarray(BLOCK), sumOf(first.subarray(BLOCK)))).toBe('69 5a');
    for (let at = 0; at < second.length; at += 0x2000) {
      const part = second.subarray(at, at + 0x2000);
      expect(await host.ask(part, sumOf(part))).toBe(at + 0x2000 < second.length ? '69' : '69 5a');
    }
    expect(await host.ask('5a')).toBe('5a');
    expect(await host.ask(sumOf(first))).toBe('5a');
    expect(await host.ask(be16(sum16(second) + 1))).toBe(`a5 ${toHex(sumOf(second))}`);
    const after = await flash();
    expect(await after.read(8 * BLOCK, first.length)).toEqual(first);
    expect(await after.read(12 * BLOCK, second.length)).toEqual(second);
    expect((await after.read(15 * BLOCK, 1))[0]).toBe(0xff);
    expect(after.map.translate(9)).toBeGreaterThanOrEqual(40);
    expect(await host.ask('64')).toBe('5a');
  });

  it('bring their own spare bytes when they are YAFFS', async () => {
    const { host, flash } = await nandPhone();
    const stream = pattern(2 * (PAGE + 64)).fill(0xff, PAGE, PAGE + 1);
    await host.ask('dd', listHead(1));
    await host.ask(image('ANDROID', 12, stream.length, LegacyRomType.YAFFS_IMG));
    expect(await host.ask('de', be32(0x1000))).toBe(`5a 5a 5a 5a ${toHex(be32(PAGE))} ${toHex(be32(64))}`);
    expect(await host.ask(be32(PAGE + 64))).toBe('');
    for (const part of [stream.subarray(0, PAGE + 64), stream.subarray(PAGE + 64)]) {
      expect(await host.ask(part, sumOf(part))).toMatch(/^69/);
    }
    const { data, spare } = await (await flash()).readPages(12 * 4, 2);
    expect(data.subarray(PAGE)).toEqual(stream.subarray(PAGE + 64, 2 * PAGE + 64));
    expect(spare.subarray(0, 32)).toEqual(stream.subarray(PAGE, PAGE + 32));
  });

  it('have damaged packets sent again', async () => {
    const { host, flash } = await nandPhone();
    const data = pattern(PAGE);
    await host.ask('dd', listHead(1), image('BOOTIMG', 8, data.length));
    await host.ask('de', be32(0x1000));
    expect(await host.ask(data, '00 00')).toBe('a5 00 00 0b f9 5a');
    expect(await host.ask('69')).toBe('');
    expect(await host.ask(data, sumOf(data))).toBe('69 5a');
    expect(await host.ask('a5')).toBe('5a');
    expect(await (await flash()).read(8 * BLOCK, data.length)).toEqual(data);
  });

  it('can be stopped after a damaged packet', async () => {
    const { host } = await nandPhone();
    await host.ask('dd', listHead(1), image('BOOTIMG', 8, PAGE));
    await host.ask('de', be32(0x1000));
    await host.ask(new Uint8Array(PAGE), 'ff ff');
    expect(await host.ask('a5')).toBe('');
    expect(await host.ask('64')).toBe('5a');
  });

  it.each<[string, Uint8Array, string]>([
    ['at half a block', fromHex(toHex(image('X', 8, 10)).replace('00 01 00 00', '00 01 08 00')), 'a5 00 00 0b dc'],
    ['in the pool', image('X', 40, 10), 'a5 00 00 0b dc'],
    ['beyond the end', image('X', 39, BLOCK + 1), 'a5 00 00 0b e0'],
    ['larger than its partition', image('X', 8, PAGE, LegacyRomType.NORMAL_ROM, 100), 'a5 00 00 0c 29'],
  ])('are refused %s', async (_, entry, answer) => {
    const { host } = await nandPhone();
    expect(await host.ask('dd', listHead(1), entry)).toBe(`5a ${answer}`);
    expect(await host.ask('64')).toBe('5a');
  });

  it('end when the chip fails otherwise than by a bad block', async () => {
    const { host, storage } = await nandPhone();
    await host.ask('dd', listHead(1), image('BOOTIMG', 8, PAGE));
    await host.ask('de', be32(0x1000));
    storage.write = () => Promise.reject(new StorageFault('broken'));
    const data = pattern(PAGE);
    expect(await host.ask(data, sumOf(data))).toBe('a5 00 00 0b cc');
    expect(await host.ask('64')).toBe('5a');
  });

  it('cannot be more than 40', async () => {
    const { host } = await nandPhone();
    expect(await host.ask('dd', listHead(41))).toBe('a5 00 00 0c 71');
  });

  it('are refused while the chip has no bad-block map', async () => {
    const { host } = await nandPhone(false);
    await host.ask('dd', listHead(1), image('BOOTIMG', 8, PAGE));
    expect(await host.ask('de', be32(0x1000))).toBe('5a 5a a5 00 00 0b ee');
  });
});

describe('raw NAND', () => {
  const writeData = (flag: number, block: number, count: number, packet: number, length: number, type = 0) =>
    concat(Uint8Array.of(0xb3, type, flag), be32(block), be32(count), be32(packet), be32(length));

  it('is written block by block', async () => {
    const { host, flash, log } = await nandPhone();
    const data = pattern(2 * BLOCK);
    expect(await host.ask(writeData(1, 4, 2, BLOCK, data.length))).toBe('5a');
    expect(log.at(-1)).toMatchObject({ what: 'NAND_WRITE_DATA', writes: true });
    for (const part of [data.subarray(0, BLOCK), data.subarray(BLOCK)]) {
      expect(await host.ask('5a', part, sumOf(part))).toBe('69');
    }
    expect(await (await flash()).read(4 * BLOCK, data.length)).toEqual(data);
  });

  it('says so when a block as the chip counts is bad', async () => {
    const { host } = await nandPhone();
    const data = pattern(PAGE);
    await host.ask(writeData(1, 5, 1, PAGE, PAGE, 1));
    expect(await host.ask('5a', data, sumOf(data))).toBe('a5 00 00 0b e5');
    expect(await host.ask('96 64')).toBe('5a');
  });

  it('takes no more than fits, and no spare bytes alone', async () => {
    const { host } = await nandPhone();
    expect(await host.ask(writeData(1, 39, 2, PAGE, PAGE))).toBe('a5 00 00 0b e0');
    expect(await host.ask(writeData(1, 8, 1, PAGE, BLOCK + 1))).toBe('a5 00 00 0b e0');
    expect(await host.ask(writeData(2, 8, 1, PAGE, PAGE))).toBe('a5 00 00 04 10');
  });

  it('is read as logical pages by READ', async () => {
    const { host, flash } = await nandPhone();
    const wanted = await (await flash()).read(5 * BLOCK, 300);
    expect(await host.ask('d6 0c 01', be64(5 * BLOCK), be64(300))).toBe('5a');
    expect(await host.ask(be32(0x100000))).toBe(`${toHex(wanted)} ${toHex(sumOf(wanted))}`);
    expect(await host.ask('5a d6 0c 01', be64(100), be64(1))).toBe('a5 00 00 0b dc');
    expect(await host.ask('d6 0c 01', be64(39 * BLOCK), be64(BLOCK + 1))).toBe('a5 00 00 0b e0');
    expect(await host.ask('d6 0c 02', be64(0), be64(1))).toBe('a5 00 00 0c 4d');
  });

  it('is read page by page with spare bytes', async () => {
    const { host, flash } = await nandPhone();
    const { data, spare } = await (await flash()).readPages(0, 2);
    const pages = concat(data.subarray(0, PAGE), spare.subarray(0, 64), data.subarray(PAGE), spare.subarray(64));
    expect(await host.ask('df 00 00', be64(0), be64(2 * PAGE), be32(0))).toBe(
      `5a ${toHex(concat(be32(PAGE), be32(64), be32(4)))}`,
    );
    expect(await host.ask(be32(2))).toBe(`${toHex(be64(pages.length))} 5a ${toHex(pages)} ${toHex(sumOf(pages))}`);
    expect(await host.ask('a5')).toBe(`5a ${toHex(pages)} ${toHex(sumOf(pages))}`);
    expect(await host.ask('5a 64')).toBe('5a');
    await host.ask('df 02 00', be64(0), be64(PAGE), be32(0));
    expect(await host.ask(be32(1))).toBe(
      `${toHex(be64(64))} 5a ${toHex(spare.subarray(0, 64))} ${toHex(sumOf(spare.subarray(0, 64)))}`,
    );
    expect(await host.ask('5a df 09 00', be64(0), be64(PAGE), be32(0))).toBe('a5 00 00 03 eb');
  });
});

describe('FORMAT on NAND', () => {
  const format = (flag: number, type: number, address: number, length: number) =>
    concat(Uint8Array.of(0xd4, 1, flag, 0, type), be64(address), be64(length));
  const statistics = (address: number, length: number, totalBlocks: number, badBlocks: number, errorBlocks = 0) =>
    toHex(LegacyFormatStatistics.build({ address, length, totalBlocks, badBlocks, errorBlocks }));

  it('erases blocks, reports each per cent and gives statistics', async () => {
    const { host, flash } = await nandPhone();
    expect(await host.ask(format(0, 0, 4 * BLOCK, 2 * BLOCK))).toBe('5a 5a 00 00 0b d1 32');
    expect(await host.ask('5a')).toBe('00 00 00 00 64');
    expect(await host.ask('5a')).toBe(`a5 ${statistics(4 * BLOCK, 2 * BLOCK, 2, 0)} 5a`);
    expect((await (await flash()).read(5 * BLOCK, 4)).join()).toBe('255,255,255,255');
  });

  it('passes over bad blocks as the chip counts them', async () => {
    const { host } = await nandPhone();
    expect(await host.ask(format(0, 1, 5 * BLOCK, BLOCK))).toBe(
      `5a 5a 00 00 0b e5 ${toHex(be64(5 * BLOCK))} 69 00 00 00 00 64`,
    );
    expect(await host.ask('5a')).toBe(`a5 ${statistics(5 * BLOCK, BLOCK, 1, 1)} 5a`);
  });

  it('makes the map anew when the pool is formatted', async () => {
    const { host, flash } = await nandPhone();
    let answer = await host.ask(format(0, 1, 0, 48 * BLOCK));
    // Bad blocks 5, 9 (worn out, found now) and 46 are told on the way.
    let skipped = 0;
    for (let i = 0; i < 60 && !/00 00 00 00 64$/.test(answer); i++) {
      if (answer.includes('00 00 0b e5')) skipped++;
      answer = await host.ask('5a');
    }
    expect(skipped).toBe(3);
    expect(await host.ask('5a')).toBe(`a5 ${statistics(0, 48 * BLOCK, 48, 3)} a5 5a`);
    const { map } = await flash();
    expect(map.found).toBe(true);
    expect(map.pairs).toEqual([{ bad: 5, mapped: 45 }]);
    expect(await host.ask('a3')).toBe('5a 01 00 05 00 2d');
  });

  it('can be broken off', async () => {
    const { host } = await nandPhone();
    await host.ask(format(0, 0, 8 * BLOCK, 8 * BLOCK));
    expect(await host.ask('96')).toBe('');
    expect(await host.ask('64')).toBe('5a');
  });

  it('refuses half blocks and what lies outside', async () => {
    const { host } = await nandPhone();
    expect(await host.ask(format(0, 0, PAGE, BLOCK))).toBe('a5 00 00 0b dc');
    expect(await host.ask(format(0, 0, 39 * BLOCK, 2 * BLOCK))).toBe('5a a5 00 00 0b e0');
  });
});

describe('bad blocks and partitions', () => {
  it('tells which blocks stand in for which', async () => {
    const { host } = await nandPhone();
    expect(await host.ask('a3')).toBe('5a 01 00 05 00 2d');
    expect(await host.ask('5a 52')).toBe('a5');
  });

  it('makes a map for a chip that has none', async () => {
    const { host, flash, storage, profile } = await nandPhone(false);
    await new NandChip(storage, profile).markBad(5);
    expect(await host.ask('52')).toBe('5a 69 96');
    expect((await flash()).map.pairs).toEqual([{ bad: 5, mapped: 46 }]);
    expect(await host.ask('52')).toBe('a5');
  });

  it('reads and writes the partition table', async () => {
    const { host } = await nandPhone();
    const entry = (name: string, offset: number, size: number) =>
      LegacyPmtEntry.build({ name, size, partId: 0, offset, mask: 0 });
    const born = concat(
      entry('PRELOADER', 0, 5 * BLOCK),
      entry('NVRAM', 5 * BLOCK, 3 * BLOCK),
      entry('BOOTIMG', 8 * BLOCK, 8 * BLOCK),
      entry('BMTPOOL', 40 * BLOCK, 8 * BLOCK),
    );
    expect(await host.ask('a2')).toBe(`5a ${toHex(be32(born.length))}`);
    expect(await host.ask('5a')).toBe(toHex(born));
    const fresh = [entry('PRELOADER', 0, BLOCK), entry('REST', BLOCK, 37 * BLOCK)];
    expect(await host.ask('5a a1', be32(2), ...fresh, be32(1))).toBe('5a 5a 69 69 5a 5a');
    expect(await host.ask('a2 5a')).toBe(`5a ${toHex(be32(0xc0))} ${toHex(concat(...fresh))}`);
    expect(await host.ask('5a a1', be32(1), entry('X', 0, 49 * BLOCK), be32(1))).toBe('5a 5a 69 5a a5 00 00 13 cd');
    expect(await host.ask('a5')).toBe('a5 00 00 04 0d');
  });

  it('puts the preloader behind a header with the geometry', async () => {
    const { host, flash } = await nandPhone();
    const file = pattern(3000);
    const record = concat(
      fromHex('5a 02 00 01'),
      be32(0),
      be32(0),
      be32(1),
      be32(0),
      fromHex('00'),
      be32(0),
      be32(0),
      be32(file.length),
      fromHex('01 00'),
    );
    expect(await host.ask('51', be32(0), be32(0x1000), '02')).toBe('5a 00 00 00 00 5a 69');
    expect(await host.ask(be32(1), record)).toBe('5a 5a');
    expect(await host.ask('5a', file, sumOf(file))).toBe('69 5a');
    const area = await (await flash()).read(0, 2 * PAGE + file.length);
    expect(String.fromCharCode(...area.subarray(0, 11))).toBe('BOOTLOADER!');
    expect(String.fromCharCode(...area.subarray(PAGE, PAGE + 5))).toBe('BRLYT');
    expect(area.subarray(2 * PAGE)).toEqual(file);
    expect(await host.ask('51', be32(0), be32(0x1000), '05')).toBe('5a 00 00 00 00 a5 00 00 0c 4d');
  });

  it('looks for everything in the wrong place when the host names another pool', async () => {
    const { host } = await startStage2Pool();
    expect(await host.ask('a2')).toBe('a5 00 00 04 0d');
    expect(await host.ask('d6 0c 01', be64(36 * BLOCK), be64(1))).toBe('a5 00 00 0b dc');
  });
});

/** The host says that 12 blocks are the pool, and they are 8. */
async function startStage2Pool() {
  const bench = startAgent({ profile: smallNandPhone() });
  await nandBirth(bench.storage, bench.profile, 'test');
  await bench.host.answer();
  await bench.host.ask('5a');
  bench.host.send('ff 01 00 08 00 70 07 ff ff 01', be32(12 * BLOCK), '02 01 02 00');
  await bench.host.answer();
  await uploadStage2(bench.host);
  return bench;
}

describe('phones without NAND', () => {
  it('take the arguments and refuse', async () => {
    const { host } = await startStage2({ profile: testProfile({ extraConfig: 'none' }) });
    expect(await host.ask('df', new Uint8Array(22))).toBe('a5 00 00 0b c8');
    expect(await host.ask('b3', new Uint8Array(18))).toBe('a5 00 00 0b c8');
    expect(await host.ask('a2')).toBe('a5 00 00 0b c8');
    expect(await host.ask('a3')).toBe('5a 00');
    expect(await host.ask('5a 52')).toBe('a5');
  });
});

describe('a phone that takes only signed images', () => {
  it.each([
    ['a table', 'a1'],
    ['data', `b3${' 00'.repeat(18)}`],
    ['images', 'de'],
  ])('refuses to write %s', async (_, command) => {
    const { host } = await startStage2({ profile: smallNandPhone(), faults: { signedOnly: true } });
    expect(await host.ask(command)).toBe('a5 00 00 17 7a');
    expect(await host.ask('72')).toBe('5a 01');
  });
});
