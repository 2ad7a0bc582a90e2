import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnbrickError } from '../errors/unbrick-error.js';
import { ascii, concat, encode, u32, u64 } from '../wire/index.js';
import { describeEmiEntry, matchEmi } from './emi.js';
import { EmiHeader, findEmiTable, parseEmiTable } from './emi-parse.js';
import type { EmiEntry, EmiTable } from './emi-table.js';

/** The first 64 of 188 bytes of an entry that a maker's tool sent to an MT6580 agent which wanted version 21. */
const CAPTURED_V21 = fromHex(
  `00000000 03020000 09000000 00000000 15010046 4536324d 42000000 00000000
   00000000 00000000 12200000 00aa00aa 00aa00aa 93445844 00000001 838604f0`,
);

const CID_QE63MB = fromHex('15010051 4536334d 42');
const GIB = 2 ** 30;

function fromHex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/[0-9a-f]{2}/g) ?? [], (pair) => Number.parseInt(pair, 16));
}

interface Wanted {
  type: number;
  id: Uint8Array;
  firmwareId?: Uint8Array;
  ranks?: number[];
}

/** Writes an entry field by field at offsets taken from the specification, not from the code under test. */
function entry(layout: 'A' | 'B' | 'C' | 'D', size: number, wanted: Wanted, ranks?: [offset: number, width: 4 | 8]) {
  const bytes = new Uint8Array(size);
  const word = (offset: number, value: number) => bytes.set(encode(u32, 'little', value), offset);
  // Registers: something that is neither zero nor plausible as the head of an entry.
  const registers = { A: 0x10, B: 0x28, C: 0x18, D: 0x18 }[layout];
  for (let at = registers; at < size; at++) bytes[at] = 0xa0 + (at % 7);
  if (layout === 'B') {
    word(0, 0);
    word(4, wanted.type);
    word(8, wanted.id.length);
    word(12, wanted.firmwareId?.length ?? 0);
    bytes.set(wanted.id, 0x10);
    bytes.set(wanted.firmwareId ?? [], 0x20);
  } else if (layout === 'D') {
    word(0, wanted.type);
    word(4, wanted.id.length);
    bytes.set(wanted.id, 8);
  } else {
    word(0, wanted.type);
    bytes.set(wanted.id, 4);
    if (layout === 'C') word(0x14, wanted.id.length);
  }
  if (ranks) {
    const [offset, width] = ranks;
    for (let i = 0; i < 4; i++) {
      bytes.set(encode(width === 4 ? u32 : u64, 'little', wanted.ranks?.[i] ?? 0), offset + i * width);
    }
  }
  return bytes;
}

function table(version: number, entries: readonly Uint8Array[], fileName = 'preloader_k65v1.bin'): Uint8Array {
  return concat(
    EmiHeader.build({
      tag: `MTK_BLOADER_INFO_v${String(version).padStart(2, '0')}`,
      fileName,
      builder: 'V116',
      marker: 0x33448822,
      unknown: 0x90,
      entriesOffset: 0x70,
      kind: 'MTK_BIN',
      count: entries.length,
    }),
    ...entries,
  );
}

/** As in a preloader: code, table, length word, signature. */
function preloaderEnd(emi: Uint8Array, signature: number): Uint8Array {
  return concat(
    new Uint8Array(0x1000).fill(0x4d),
    emi,
    encode(u32, 'little', emi.length),
    new Uint8Array(signature).fill(7),
  );
}

const SAMSUNG: Wanted = { type: 0x203, id: CID_QE63MB, ranks: [0x80000000, 0x40000000] };
const HYNIX: Wanted = { type: 0x202, id: fromHex('90014a48 38473461 92'), ranks: [0x40000000] };
const UFS_CHIP: Wanted = { type: 0x306, id: ascii('KM2V8001CM-B707'), ranks: [0x80000000, 0x80000000] };

describe('findEmiTable', () => {
  it.each<[version: number, size: number, layout: 'A' | 'B' | 'C' | 'D', ranks?: [number, 4 | 8]]>([
    [0, 140, 'B', [0x4c, 4]],
    [0, 188, 'B', [0x6c, 4]],
    [9, 136, 'A'],
    [10, 184, 'B', [0x6c, 4]],
    [11, 168, 'C', [0x90, 4]],
    [14, 168, 'C', [0x90, 4]],
    [12, 188, 'B', [0x6c, 4]],
    [21, 188, 'B', [0x6c, 4]],
    [17, 176, 'B', [0x60, 4]],
    [24, 164, 'B'],
    [25, 160, 'B', [0x50, 8]],
    [25, 144, 'B', [0x50, 4]],
    [28, 144, 'B', [0x50, 8]],
    [35, 160, 'B', [0x50, 8]],
    [47, 160, 'B', [0x50, 8]],
    [52, 84, 'D', [0x18, 8]],
    [77, 160, 'B', [0x50, 8]],
  ])('reads version %i with entries of %i bytes, layout %s', (version, size, layout, ranks) => {
    const wanted = [SAMSUNG, HYNIX, SAMSUNG];
    const emi = table(
      version,
      wanted.map((each) => entry(layout, size, each, ranks)),
    );
    for (const file of [preloaderEnd(emi, 0x124), preloaderEnd(emi, 0x66c)]) {
      const found = findEmiTable(file, file.length - 0x1000 - emi.length - 4);
      expect(found?.declaredCount).toBe(3);
      expect(found?.table).toMatchObject({ version, itemSize: size, fileName: 'preloader_k65v1.bin' });
      expect(found?.table.blob).toEqual(emi);
      expect(found?.table.list).toEqual(emi.subarray(0x70));
      expect(
        found?.table.entries.map(({ storageClass, dramKind, id, ramSize }) => ({
          storageClass,
          dramKind,
          id,
          ramSize,
        })),
      ).toEqual(
        wanted.map((each) => ({
          storageClass: 2,
          dramKind: each.type & 0xff,
          id: each.id,
          ramSize: ranks ? (each.ranks as number[]).reduce((sum, rank) => sum + rank) : 0,
        })),
      );
    }
  });

  it('reads a bare table whatever was cut along: nothing, the length word, part of the signature', () => {
    const emi = table(
      35,
      [SAMSUNG, HYNIX, SAMSUNG].map((each) => entry('B', 160, each, [0x50, 8])),
    );
    const word = encode(u32, 'little', emi.length);
    for (const file of [emi, concat(emi, word), concat(emi, word, new Uint8Array(32).fill(0x5a))]) {
      const found = findEmiTable(file, 0);
      expect(found?.table).toMatchObject({ itemSize: 160, entries: { length: 3 } });
      expect(found?.table.blob).toEqual(emi);
    }
  });

  it('tells the entry size of a one-entry table by its version', () => {
    const emi = table(40, [entry('B', 160, SAMSUNG, [0x50, 8])]);
    expect(parseEmiTable(concat(emi, new Uint8Array(61).fill(1)), false).table.itemSize).toBe(160);
  });

  it('keeps the entries that are there when the table is cut off', () => {
    const emi = table(
      35,
      [SAMSUNG, HYNIX, SAMSUNG].map((each) => entry('B', 160, each, [0x50, 8])),
    );
    const found = findEmiTable(emi.subarray(0, emi.length - 10), 0);
    expect(found).toMatchObject({ declaredCount: 3, table: { itemSize: 160, entries: { length: 2 } } });
    expect(found?.table.list.length).toBe(320);
  });

  it('steps over a block of zeros between length word and signature', () => {
    const emi = table(35, [entry('B', 160, SAMSUNG, [0x50, 8])]);
    const file = concat(
      new Uint8Array(0x1000),
      emi,
      encode(u32, 'little', emi.length),
      new Uint8Array(0x800),
      new Uint8Array(0x124).fill(7),
    );
    expect(findEmiTable(file, 0x124)?.table.blob).toEqual(emi);
  });

  it('finds the table by its tag when the length word is wrong', () => {
    const emi = table(
      35,
      [SAMSUNG, HYNIX].map((each) => entry('B', 160, each, [0x50, 8])),
    );
    const file = concat(
      ascii('MTK_BLOADER_INFO_v'),
      new Uint8Array(99),
      emi,
      encode(u32, 'little', 0x12345678),
      new Uint8Array(50),
    );
    expect(findEmiTable(file, 50)?.table.blob).toEqual(emi);
    expect(findEmiTable(new Uint8Array(500).fill(0x4d), 50)).toBeUndefined();
  });

  it('skips fillers but keeps them in the list that agents take', () => {
    const emi = table(21, [entry('B', 188, SAMSUNG), new Uint8Array(188).fill(0xff), new Uint8Array(188).fill(0x33)]);
    const found = parseEmiTable(emi, true);
    expect(found.table.entries).toHaveLength(3);
    expect(found.table.list.length).toBe(3 * 188);
    expect(matchEmi(found.table, 'emmc', CID_QE63MB).listed).toEqual(['Samsung QE63MB, eMMC with LPDDR3']);
  });

  it.each<[string, (emi: Uint8Array) => void]>([
    [
      'no entries',
      (emi) => {
        emi[0x6c] = 0;
      },
    ],
    [
      'millions of entries',
      (emi) => {
        emi[0x6f] = 1;
      },
    ],
    [
      'no version',
      (emi) => {
        emi[0x12] = 0x58;
      },
    ],
    [
      'zeros that became blanks',
      (emi) => {
        emi.forEach((byte, i) => {
          if (byte === 0 && i > 0x70) emi[i] = 0x20;
        });
      },
    ],
  ])('refuses a table with %s', (_name, damage) => {
    const emi = table(
      35,
      [SAMSUNG, HYNIX].map((each) => entry('B', 160, each, [0x50, 8])),
    );
    damage(emi);
    expect(() => parseEmiTable(emi, true)).toThrow(expect.objectContaining({ code: 'EMI_UNREADABLE' }));
  });

  it('throws nothing but UnbrickError on mutated tables', () => {
    const good = preloaderEnd(
      table(
        25,
        [SAMSUNG, HYNIX].map((each) => entry('B', 144, each, [0x50, 4])),
      ),
      0x40,
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0x1000, max: good.length - 1 }), fc.nat(255)), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.integer({ min: 0, max: good.length }),
        (changes, length) => {
          const bad = good.slice();
          for (const [offset, value] of changes) bad[offset] = value;
          for (const file of [bad, bad.subarray(0, length), bad.subarray(0x1000, Math.max(0x1000, length))]) {
            try {
              for (const each of findEmiTable(file, Math.min(0x40, file.length))?.table.entries ?? [])
                describeEmiEntry(each);
            } catch (error) {
              expect(error).toBeInstanceOf(UnbrickError);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

const tableOf = (...wanted: Wanted[]): EmiTable =>
  parseEmiTable(
    table(
      35,
      wanted.map((each) => entry('B', 160, each, [0x50, 8])),
    ),
    true,
  ).table;
const only = (wanted: Wanted): EmiEntry => tableOf(wanted).entries[0] as EmiEntry;

describe('describeEmiEntry', () => {
  it('says it in plain words', () => {
    expect(describeEmiEntry(only(SAMSUNG))).toBe('Samsung QE63MB, eMMC with LPDDR3, 3 GiB');
    expect(describeEmiEntry(only(UFS_CHIP))).toBe('Samsung KM2V8001CM-B707, UFS with LPDDR4X, 4 GiB');
    expect(describeEmiEntry(only({ type: 5, id: new Uint8Array(0), ranks: [GIB / 2] }))).toBe(
      'separate LPDDR4 chips, 512 MiB',
    );
    expect(describeEmiEntry(only({ type: 0x101, id: fromHex('adbc905554') }))).toBe(
      'SK hynix NAND adbc905554 with DDR1',
    );
    expect(describeEmiEntry(only({ type: 0x203, id: fromHex('2c010041424344') }))).toBe(
      'manufacturer 0x2c ABCD, eMMC with LPDDR3',
    );
  });

  it('reads the entry a maker’s tool sent to a real phone', () => {
    const bytes = new Uint8Array(188);
    bytes.set(CAPTURED_V21);
    const { entries } = parseEmiTable(table(21, [bytes, bytes, bytes]), true).table;
    expect(describeEmiEntry(entries[0] as EmiEntry)).toBe('Samsung FE62MB, eMMC with LPDDR3');
    expect(entries[0]?.firmwareId).toEqual(new Uint8Array(0));
  });
});

describe('matchEmi', () => {
  const cid = concat(CID_QE63MB, fromHex('067c3a19e2b48d'));

  it('finds the chip by the beginning of its CID', () => {
    const found = matchEmi(tableOf(HYNIX, SAMSUNG), 'emmc', cid);
    expect(found).toMatchObject({ verdict: 'match', entry: { dramKind: 3 } });
    expect(found.listed).toEqual([
      'SK hynix H8G4a, eMMC with LPDDR2, 1 GiB',
      'Samsung QE63MB, eMMC with LPDDR3, 3 GiB',
    ]);
  });

  it('says when it is not there', () => {
    expect(matchEmi(tableOf(HYNIX, UFS_CHIP), 'emmc', cid)).toMatchObject({ verdict: 'no-match' });
    expect(matchEmi(tableOf(SAMSUNG), 'ufs', cid).verdict).toBe('no-match');
    expect(matchEmi(tableOf(SAMSUNG), 'emmc', cid.subarray(0, 8)).verdict).toBe('no-match');
  });

  it('compares UFS names without the blanks around them', () => {
    const padded: Wanted = { type: 0x305, id: ascii('MT128GASAO4U21  ') };
    expect(matchEmi(tableOf(padded), 'ufs', ascii('MT128GASAO4U21')).verdict).toBe('match');
    expect(matchEmi(tableOf(UFS_CHIP), 'ufs', ascii('KM2V8001CM-B707 ')).verdict).toBe('match');
  });

  it('takes the firmware revision into account when both sides have one', () => {
    const special = tableOf({ ...SAMSUNG, firmwareId: Uint8Array.of(5) });
    expect(matchEmi(special, 'emmc', cid).verdict).toBe('match');
    expect(matchEmi(special, 'emmc', cid, Uint8Array.of(5, 0)).verdict).toBe('match');
    expect(matchEmi(special, 'emmc', cid, Uint8Array.of(6, 0)).verdict).toBe('no-match');
  });

  it('cannot decide for boards with separate RAM chips only', () => {
    const discrete: Wanted = { type: 6, id: new Uint8Array(0), ranks: [GIB] };
    expect(matchEmi(tableOf(discrete), 'emmc', cid)).toEqual({
      verdict: 'discrete-only',
      listed: ['separate LPDDR4X chips, 1 GiB'],
    });
    expect(matchEmi(tableOf(discrete, HYNIX), 'emmc', cid).verdict).toBe('no-match');
  });

  it('never matches a placeholder', () => {
    const filler: Wanted = { type: 0x203, id: new Uint8Array(9).fill(0xff) };
    const fake: Wanted = { type: 0x203, id: ascii('FAKEFAKE1') };
    const found = matchEmi(tableOf(filler, fake), 'emmc', new Uint8Array(16).fill(0xff));
    expect(found).toEqual({ verdict: 'no-match', listed: [] });
  });
});
