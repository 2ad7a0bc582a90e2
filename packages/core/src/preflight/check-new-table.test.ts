import { describe, expect, it } from 'vitest';
import type { TargetLayout } from '../plan/target-layout.js';
import type { PartitionTable, PmtRecord, StorageInfo } from '../storage/storage.js';
import { checkNewTable } from './check-new-table.js';

const BLOCK = 0x20000;
const NAND: StorageInfo = {
  kind: 'nand',
  blockSize: 2048,
  regions: new Map([['nand', 100 * BLOCK]]),
  id: Uint8Array.of(0x98),
  nand: { pageSize: 2048, spareSize: 64, eraseBlock: BLOCK, poolSize: 20 * BLOCK },
};
const EMMC: StorageInfo = { kind: 'emmc', blockSize: 512, regions: new Map([['user', 64 << 20]]), id: NAND.id };

/** Name, start and length in erase blocks. */
type Row = [name: string, start: number, length: number];

function tableOf(storage: StorageInfo, rows: Row[], record?: PmtRecord): PartitionTable {
  const region = storage.nand ? ('nand' as const) : ('user' as const);
  const partitions = rows.map(([name, start, length]) => ({
    name,
    region,
    start: start * BLOCK,
    length: length * BLOCK,
  }));
  return { kind: 'pmt', source: 'test', partitions, ...(record ? { record } : {}) };
}

function verdict(storage: StorageInfo, old: PartitionTable, table: PartitionTable, wanted?: 'gpt' | 'pmt') {
  const target: TargetLayout = { table, changed: true, differences: [], ...(wanted ? { wanted } : {}) };
  const finding = checkNewTable(target, old, storage, ['a line']);
  return finding && `${finding.code}: ${finding.message} ${finding.evidence.join()}`;
}

const entry = (name: string, partId: number) => ({ name, size: BLOCK, offset: 0, mask: 0, partId });
const PLAIN: PmtRecord = { entries: [entry('NVRAM', 0)], written: { generation: 1, form: '64-bit' } };
/** A list of an eMMC whose addresses begin `shift` erase blocks before the user area. */
const listed = (rows: Row[], shift = 0): PmtRecord => ({
  entries: rows.map(([name, start, length]) => ({
    name,
    size: length * BLOCK,
    offset: (start + shift) * BLOCK,
    mask: 0,
  })),
  written: { generation: 1, form: '64-bit' },
});
const WITH_CELLS: PmtRecord = { entries: [entry('NVRAM', 0x4c4f57)] };

describe('checkNewTable', () => {
  const old = tableOf(NAND, [['NVRAM', 0, 4]], PLAIN);

  it('takes a table that fits', () => {
    expect(
      verdict(
        NAND,
        old,
        tableOf(
          NAND,
          [
            ['NVRAM', 0, 4],
            ['NEW', 4, 94],
          ],
          PLAIN,
        ),
      ),
    ).toBeUndefined();
    const rows: Row[] = [
      ['MBR', 0, 4],
      ['NVRAM', 4, 4],
      ['NEW', 8, 300],
    ];
    for (const shift of [0, 48]) {
      expect(verdict(EMMC, old, tableOf(EMMC, rows, listed(rows, shift)), 'pmt')).toBeUndefined();
    }
  });

  it('refuses a list that would be read otherwise than it is meant', () => {
    // Without the MBR nothing tells where the user area begins.
    const rows: Row[] = [
      ['NVRAM', 4, 4],
      ['NEW', 8, 300],
    ];
    const shifted = listed(rows, 48);
    shifted.entries.unshift({ name: 'PRELOADER', size: 2 * BLOCK, offset: 0, mask: 0 });
    expect(verdict(EMMC, old, tableOf(EMMC, rows, shifted), 'pmt')).toMatch(/IMPOSSIBLE.*NVRAM would be read/);
  });

  it.each<[string, StorageInfo, Row[], RegExp]>([
    [
      'reaches into the list of a NAND',
      NAND,
      [
        ['NVRAM', 0, 4],
        ['FAT', 4, 95],
      ],
      /IMPOSSIBLE.*FAT reaches into/,
    ],
    ['reaches into the list of an eMMC', EMMC, [['NVRAM', 0, 505]], /IMPOSSIBLE.*NVRAM reaches into/],
    ['is not made of erase blocks', NAND, [['NVRAM', 0.5, 4]], /IMPOSSIBLE.*NVRAM does not begin/],
    [
      'has too many partitions',
      NAND,
      Array.from({ length: 41 }, (_, i): Row => [`P${i}`, i, 1]),
      /IMPOSSIBLE.*41 partitions/,
    ],
  ])('refuses one that %s', (_what, storage, rows, expected) => {
    expect(verdict(storage, old, tableOf(storage, rows, PLAIN))).toMatch(expected);
  });

  it('refuses what nobody knows how to write', () => {
    const rows: Row[] = [['NVRAM', 0, 4]];
    expect(verdict(EMMC, old, tableOf(EMMC, rows))).toMatch(/UNSUPPORTED.*cannot be seen/);
    expect(verdict(EMMC, old, tableOf(EMMC, rows, PLAIN), 'gpt')).toMatch(/UNSUPPORTED.*made for phones with a GPT/);
  });

  it('refuses a list whose pool is not where the agent expects it', () => {
    const pool = (offset: number): PmtRecord => ({
      entries: [entry('NVRAM', 0), { name: 'BMTPOOL', size: BLOCK, offset, mask: 0 }],
    });
    const to = (offset: number) => verdict(NAND, old, tableOf(NAND, [['NVRAM', 0, 4]], pool(offset)));
    expect(to(90 * BLOCK)).toMatch(/IMPOSSIBLE.*pool of spare blocks begins at/);
    for (const right of [100 * BLOCK, 0xffff0014]) expect(to(right)).toBeUndefined();
  });

  it('gives no new partitions to a NAND that uses its cells in several ways', () => {
    const cells = tableOf(NAND, [['NVRAM', 0, 4]], WITH_CELLS);
    expect(
      verdict(
        NAND,
        cells,
        tableOf(
          NAND,
          [
            ['NVRAM', 0, 4],
            ['NEW', 4, 2],
          ],
          WITH_CELLS,
        ),
      ),
    ).toMatch(/UNSUPPORTED/);
    expect(verdict(NAND, cells, tableOf(NAND, [['NVRAM', 0, 6]], WITH_CELLS))).toBeUndefined();
  });
});
