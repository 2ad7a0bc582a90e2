import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryStorage } from '../storage/memory-storage.js';
import { difference, pattern } from '../testing/bytes.fixture.js';
import { smallNandPhone } from '../testing/nand-phone.fixture.js';
import { BadBlockMap } from './bad-block-map.js';
import { BadBlockFault, NandChip } from './nand-chip.js';
import { NandFlash } from './nand-flash.js';
import { readNandPmt, writeNandPmt } from './nand-pmt.js';

const PAGE = 2048;
const BLOCK = 4 * PAGE;
const profile = smallNandPhone();

let storage: MemoryStorage;
let chip: NandChip;
beforeEach(async () => {
  storage = new MemoryStorage('nand', profile.storage.regions);
  chip = new NandChip(storage, profile);
  for (const block of [5, 46]) await chip.markBad(block);
});

describe('a NAND chip', () => {
  it('is 0xFF where it is erased, and takes no room there', async () => {
    const { data, spare } = await chip.readPages(3, 2);
    expect(new Set(data)).toEqual(new Set([0xff]));
    expect(spare).toHaveLength(128);
    expect(new Set(spare)).toEqual(new Set([0xff]));
    expect(await storage.read('nand', 3 * PAGE, 4)).toEqual(new Uint8Array(4));
  });

  it('keeps what is programmed, zeros and spare bytes too, until the block is erased', async () => {
    const data = pattern(2 * PAGE).fill(0, 100, 1000);
    const free = pattern(64).fill(0xff, 0, 1);
    await chip.programPages(8, data, free);
    const { data: read, spare } = await chip.readPages(8, 2);
    expect(difference(read, data)).toBeUndefined();
    expect(spare.subarray(0, 32)).toEqual(free.subarray(0, 32));
    expect(spare.subarray(64, 96)).toEqual(free.subarray(32, 64));
    await chip.programPages(8, new Uint8Array(PAGE));
    expect(new Set((await chip.readPages(8, 1)).data)).toEqual(new Set([0]));
    await chip.eraseBlock(2);
    expect((await chip.readPages(8, 1)).data[500]).toBe(0xff);
  });

  it('only clears bits', async () => {
    await chip.programPages(0, new Uint8Array(PAGE).fill(0xf0));
    await chip.programPages(0, new Uint8Array(PAGE).fill(0x3c));
    expect((await chip.readPages(0, 1)).data[77]).toBe(0x30);
  });

  it('has bad blocks that are marked, and worn ones that nobody knows of', async () => {
    expect(await Promise.all([5, 46, 9, 0].map((block) => chip.isBad(block)))).toEqual([true, true, false, false]);
    await expect(chip.eraseBlock(5)).rejects.toThrow(BadBlockFault);
    await expect(chip.programPages(9 * 4, new Uint8Array(PAGE))).rejects.toThrow(/block 9/);
  });
});

describe('the bad-block map', () => {
  it('replaces marked blocks from the end of the pool, and is found again', async () => {
    const made = await BadBlockMap.create(chip, 8);
    expect(made.pairs).toEqual([{ bad: 5, mapped: 45 }]); // 47 holds the map, 46 is bad itself
    const found = await BadBlockMap.load(chip, 8);
    expect(found).toMatchObject({ found: true, firstPoolBlock: 40, pairs: [{ bad: 5, mapped: 45 }] });
    expect([4, 5, 6].map((block) => found.translate(block))).toEqual([4, 45, 6]);
  });

  it('is not there on a chip that never had one', async () => {
    expect(await BadBlockMap.load(chip, 8)).toMatchObject({ found: false, pairs: [] });
  });

  it('ends with the pool', async () => {
    const map = await BadBlockMap.create(chip, 8);
    for (const block of [10, 11, 12, 13, 14]) await map.replace(block);
    expect(map.translate(14)).toBe(40);
    await expect(map.replace(15)).rejects.toThrow(/used up/);
    expect((await BadBlockMap.load(chip, 8)).pairs).toHaveLength(6);
  });
});

describe('a NAND flash behind its map', () => {
  let flash: NandFlash;
  beforeEach(async () => {
    flash = new NandFlash(chip, await BadBlockMap.create(chip, 8));
  });

  it('writes and reads across a replaced block as if it were good', async () => {
    const data = pattern(3 * BLOCK);
    for (const block of [4, 5, 6]) await flash.erase(block);
    await flash.program(4 * 4, data);
    expect(difference(await flash.read(4 * BLOCK, data.length), data)).toBeUndefined();
    expect(await flash.read(5 * BLOCK + 100, 3)).toEqual(data.slice(BLOCK + 100, BLOCK + 103));
    expect((await storage.read('nand', 45 * BLOCK, 4)).join()).toBe(data.slice(BLOCK, BLOCK + 4).join());
  });

  it('replaces a worn-out block when it is erased or written', async () => {
    const data = pattern(2 * BLOCK);
    await flash.program(8 * 4, data);
    expect(difference(await flash.read(8 * BLOCK, data.length), data)).toBeUndefined();
    expect(flash.map.pairs).toContainEqual({ bad: 9, mapped: 44 });
    expect(await chip.isBad(9)).toBe(true);
    await flash.erase(9);
    expect((await flash.read(9 * BLOCK, 1))[0]).toBe(0xff);
  });

  it('lets blocks be counted as the chip does, and then helps with none', async () => {
    await expect(flash.erase(5, 'physical')).rejects.toThrow(BadBlockFault);
    await flash.program(45 * 4, pattern(PAGE), undefined, 'physical');
    expect((await flash.read(5 * BLOCK, 8)).join()).toBe(pattern(8).join());
    expect(flash.sizeOf('logical')).toBe(40 * BLOCK);
    expect(flash.sizeOf('physical')).toBe(48 * BLOCK);
  });

  it('reads no marked block without a replacement', async () => {
    const without = flash.withMap(
      await BadBlockMap.load(new NandChip(new MemoryStorage('nand', profile.storage.regions), profile), 8),
    );
    await expect(without.read(5 * BLOCK, 10)).rejects.toThrow(/marked bad/);
  });

  const table = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ name: `P${i}`, start: i * BLOCK, size: BLOCK, mask: i }));

  it('keeps its partition table twice, and older versions in the mirror', async () => {
    expect(await readNandPmt(flash)).toBeUndefined();
    await writeNandPmt(flash, table(2));
    await writeNandPmt(flash, table(3));
    expect(await readNandPmt(flash)).toEqual(table(3));
    const at = async (page: number) => {
      const { data, spare } = await chip.readPages(page, 1);
      return `${String.fromCharCode(...data.subarray(0, 4))} ${String.fromCharCode(...spare.subarray(1, 5))} ${spare[5]}`;
    };
    expect(await at(38 * 4)).toBe('1vTP 1vTP 2');
    expect([await at(39 * 4), await at(39 * 4 + 1)]).toEqual(['1TPM 1TPM 1', '1TPM 1TPM 2']);
    // The mirror serves when the main block is gone; when it is full it begins anew.
    await chip.eraseBlock(38);
    expect(await readNandPmt(flash)).toEqual(table(3));
    for (let i = 4; i < 10; i++) await writeNandPmt(flash, table(i));
    expect(await readNandPmt(flash)).toEqual(table(9));
  });

  it('refuses a table that does not fit a page', async () => {
    await expect(writeNandPmt(flash, table(27))).rejects.toThrow(RangeError);
  });
});
