import { describe, expect, it } from 'vitest';
import { ascii, concat, encode, u32, u64 } from '../wire/index.js';
import { parseNandPmt } from './nand-pmt.js';

const PAGE = 2048;
const BLOCK = 64 * PAGE;
const SIZE = 40 * BLOCK;
const NAND = { pageSize: PAGE, eraseBlock: BLOCK };
const ROWS: [string, number, number][] = [
  ['PRELOADER', 0, 2 * BLOCK],
  ['NVRAM', 2 * BLOCK, 3 * BLOCK],
  ['BOOTIMG', 5 * BLOCK, 8 * BLOCK],
  ['USRDATA', 13 * BLOCK, 20 * BLOCK],
  ['BMTPOOL', 0xffff0050, BLOCK],
];
const PARTITIONS = ROWS.slice(0, 4).map(([name, start, length]) => ({ name, region: 'nand', start, length }));

const name64 = (name: string) => concat(ascii(name), new Uint8Array(64 - name.length));
const long = (...values: number[]) => concat(...values.map((value) => encode(u64, 'little', value)));
const short = (...values: number[]) => concat(...values.map((value) => encode(u32, 'little', value)));
const FORMS = {
  '32-bit': (rows: typeof ROWS) => rows.map(([name, start, size]) => concat(name64(name), short(size, start, 0))),
  '64-bit': (rows: typeof ROWS) => rows.map(([name, start, size]) => concat(name64(name), long(size, start, 0))),
  'with cell mode': (rows: typeof ROWS) =>
    rows.map(([name, start, size]) => concat(name64(name), long(size, 0x46554c4c, start, 0))),
};

/** A chip with tables at the given places: block (0 main, 1 mirror), page, magic and head. */
function chip(...tables: { block: 0 | 1; page: number; magic: number; bytes: Uint8Array }[]): Uint8Array {
  const bytes = new Uint8Array(SIZE).fill(0xff);
  for (const { block, page, magic, bytes: table } of tables) {
    bytes.set(concat(short(magic), table), SIZE - (2 - block) * BLOCK + page * PAGE);
  }
  return bytes;
}

const parse = (bytes: Uint8Array, size = SIZE) =>
  parseNandPmt(async (offset, length) => bytes.slice(offset, offset + length), size, NAND);

describe('parseNandPmt', () => {
  it.each(Object.entries(FORMS))('reads entries of the %s form, without the pool', async (_, form) => {
    const table = concat(...form(ROWS));
    for (const head of [new Uint8Array(0), short(0x00640032)]) {
      const { table: found } = await parse(chip({ block: 0, page: 0, magic: 0x50547631, bytes: concat(head, table) }));
      expect(found).toMatchObject({ kind: 'pmt', source: 'PMT', partitions: PARTITIONS });
      expect(found?.record?.entries.map(({ name, offset, size }) => [name, offset, size])).toEqual(ROWS);
    }
  });

  it('looks through the pages of the main block from the front, and of the mirror from the back', async () => {
    const entries = concat(...FORMS['with cell mode'](ROWS));
    const other = concat(...FORMS['with cell mode'](ROWS.slice(0, 2)));
    const main = await parse(
      chip(
        { block: 0, page: 3, magic: 0x50547633, bytes: entries },
        { block: 0, page: 9, magic: 0x50547633, bytes: other },
      ),
    );
    expect(main.table?.partitions).toEqual(PARTITIONS);
    const mirror = await parse(
      chip(
        { block: 1, page: 5, magic: 0x4d505433, bytes: other },
        { block: 1, page: 60, magic: 0x4d505433, bytes: entries },
      ),
    );
    expect(mirror.table).toMatchObject({ source: 'PMT mirror', partitions: PARTITIONS });
    expect(mirror.problems.map(({ code }) => code)).toEqual(['PMT_MAIN_INVALID']);
  });

  it.each([
    ['an erased chip', chip(), SIZE],
    ['a magic with nothing behind', chip({ block: 0, page: 0, magic: 0x50547631, bytes: new Uint8Array(4) }), SIZE],
    [
      'a mirror in the place of the main copy',
      chip({ block: 0, page: 0, magic: 0x4d505431, bytes: new Uint8Array(4) }),
      SIZE,
    ],
    ['a chip of one block', chip(), BLOCK],
  ])('finds nothing on %s', async (_, bytes, size) => {
    const { table, problems } = await parse(bytes, size);
    expect(table).toBeUndefined();
    expect(problems[0]?.code).toBe('PMT_MAIN_INVALID');
  });
});
