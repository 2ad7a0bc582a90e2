import { describe, expect, it } from 'vitest';
import { parseScatter } from '../firmware/scatter/parse-scatter.js';
import type { ScatterLayout } from '../firmware/scatter/scatter.js';
import { headText, partitionText } from '../firmware/scatter/scatter-text.fixture.js';
import type { PartitionTable, StorageInfo } from '../storage/storage.js';
import { targetLayout } from './target-layout.js';

const BLOCK = 0x20000;
const hex = (value: number) => `0x${value.toString(16)}`;

/** Name, start and size; a start of 0xFFFFnnnn counts blocks from the end. */
function layoutOf(storage: 'EMMC' | 'NAND', rows: [name: string, start: number, size: number][]): ScatterLayout {
  const place = storage === 'NAND' ? { region: 'NONE', storage: 'HW_STORAGE_NAND' } : {};
  const blocks = rows.map(([name, start, size], i) =>
    partitionText(i, name, { physical_start_addr: hex(start), partition_size: hex(size), ...place }),
  );
  const text = headText({ storage, block_size: hex(BLOCK) }) + blocks.join('');
  return parseScatter('MT6572_Android_scatter.txt', new TextEncoder().encode(text)).layouts[0] as ScatterLayout;
}

describe('the table of a NAND', () => {
  const storage: StorageInfo = {
    kind: 'nand',
    blockSize: 2048,
    regions: new Map([['nand', 100 * BLOCK]]),
    id: Uint8Array.of(0x98),
    nand: { pageSize: 2048, spareSize: 64, eraseBlock: BLOCK, poolSize: 20 * BLOCK },
  };
  const layout = layoutOf('NAND', [
    ['PRELOADER', 0, 2 * BLOCK],
    ['NVRAM', 2 * BLOCK, 4 * BLOCK],
    ['USRDATA', 6 * BLOCK, 0],
    ['BMTPOOL', 0xffff0014, 20 * BLOCK],
  ]);
  const none: PartitionTable = { kind: 'pmt', source: 'none', partitions: [] };

  it('ends before the blocks of the list, and has the pool as its last entry', () => {
    const { table, changed } = targetLayout(layout, storage, none);
    expect(changed).toBe(true);
    expect(table.partitions.map(({ name, start, length }) => [name, start / BLOCK, length / BLOCK])).toEqual([
      ['PRELOADER', 0, 2],
      ['NVRAM', 2, 4],
      ['USRDATA', 6, 92],
    ]);
    expect(table.record?.entries.at(-1)).toEqual({ name: 'BMTPOOL', size: 20 * BLOCK, offset: 100 * BLOCK, mask: 0 });
  });

  it('is the phone’s own when nothing lies elsewhere', () => {
    const { table } = targetLayout(layout, storage, none);
    const again = targetLayout(layout, storage, table);
    expect(again.changed).toBe(false);
    expect(again.table).toBe(table);
  });
});

describe('the table of an eMMC before GPT', () => {
  const storage: StorageInfo = {
    kind: 'emmc',
    blockSize: 512,
    regions: new Map([
      ['boot1', 0x400000],
      ['user', 64 << 20],
    ]),
    id: new Uint8Array(16),
  };
  const layout = layoutOf('EMMC', [
    ['MBR', 0, 0x80000],
    ['NVRAM', 0x80000, 0x100000],
    ['FAT', 0x180000, 0],
    ['OTP', 0xffff0100, 0x500000],
    ['BMTPOOL', 0xffff00a8, 0x1500000],
  ]);
  const record = {
    entries: [
      { name: 'PRELOADER', size: 0x40000, offset: 0, mask: 0 },
      { name: 'MBR', size: 0x80000, offset: 0x40000, mask: 0 },
      { name: 'BMTPOOL', size: 0x1500000, offset: 0xffff00a8, mask: 0 },
    ],
    written: { generation: 1 as const, form: '64-bit' as const },
  };
  const old: PartitionTable = {
    kind: 'pmt',
    source: 'PMT',
    partitions: [
      { name: 'PRELOADER', region: 'boot1', start: 0, length: 0x40000 },
      { name: 'MBR', region: 'user', start: 0, length: 0x80000 },
    ],
    record,
  };

  it('keeps what is not in the user area, and the entries that count from the end', () => {
    const { table, wanted } = targetLayout(layout, storage, old);
    expect(wanted).toBe('pmt');
    expect(table.partitions.map(({ name }) => name)).toEqual(['PRELOADER', 'MBR', 'NVRAM', 'FAT']);
    expect(table.record?.entries.map(({ name, offset }) => [name, offset])).toEqual([
      ['PRELOADER', 0],
      ['MBR', 0x40000],
      ['NVRAM', 0xc0000],
      ['FAT', 0x1c0000],
      ['BMTPOOL', 0xffff00a8],
    ]);
  });

  it('has no list when nobody knows how the phone writes its own', () => {
    expect(targetLayout(layout, storage, { ...old, partitions: [], record: undefined } as never).table.record).toBe(
      undefined,
    );
  });
});
