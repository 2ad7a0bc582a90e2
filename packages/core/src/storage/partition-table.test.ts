import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnbrickError } from '../errors/unbrick-error.js';
import { encode, LegacyPmtEntry, u32 } from '../wire/index.js';
import { buildGpt } from './build-gpt.js';
import { findPartitionTable, readTableFromStorage } from './partition-table.js';
import { PMT_COPY_SIZE, PMT_DISTANCE_FROM_END, PMT_MAIN_MAGICS, PMT_MIRROR_MAGICS, PmtHead } from './pmt.js';
import { PmtEntry32, PmtEntry64 } from './pmt-entries.js';
import type { ReadBytes } from './read-bytes.js';

const SIZE = 4 << 20;
const readerOf =
  (disk: Uint8Array): ReadBytes =>
  (offset, length) =>
    Promise.resolve(disk.slice(offset, offset + length));
const tableOf = (disk: Uint8Array) => readTableFromStorage(readerOf(disk), disk.length, 512);

type Row = [name: string, offset: number, size: number];
type Stride = 0x4c | 0x58 | 0x60;
const FORMS: Record<Stride, string> = { 76: '32-bit', 88: '64-bit', 96: '64-bit with region' };

const PHYSICAL: Row[] = [
  ['PRELOADER', 0, 0x400000],
  ['MBR', 0, 0x80000],
  ['EBR1', 0x80000, 0x80000],
  ['PRO_INFO', 0x100000, 0x100000],
  ['NVRAM', 0x200000, 0x80000],
];
const LINEAR: Row[] = PHYSICAL.map(([name, offset, size], i) => [name, i === 0 ? offset : offset + 0x400000, size]);
const PLACED = [
  { name: 'PRELOADER', region: 'boot1', start: 0, length: 0x400000 },
  { name: 'MBR', region: 'user', start: 0, length: 0x80000 },
  { name: 'EBR1', region: 'user', start: 0x80000, length: 0x80000 },
  { name: 'PRO_INFO', region: 'user', start: 0x100000, length: 0x100000 },
  { name: 'NVRAM', region: 'user', start: 0x200000, length: 0x80000 },
];

function pmtCopy(rows: readonly Row[], stride: Stride, magic: number, partId = 0): Uint8Array {
  const copy = new Uint8Array(PMT_COPY_SIZE);
  copy.set(PmtHead.build({ magic, version: '1.0' }));
  for (const [i, [name, offset, size]] of rows.entries()) {
    const id = name === 'PRELOADER' && partId ? 1 : partId;
    const entry =
      stride === 0x60
        ? LegacyPmtEntry.build({ name, size, partId: id, offset, mask: 0 })
        : (stride === 0x58 ? PmtEntry64 : PmtEntry32).build({ name, size, offset, mask: 0 });
    expect(entry.length).toBe(stride);
    copy.set(entry, PmtHead.size + i * stride);
  }
  copy.set(encode(u32, 'little', magic), PMT_COPY_SIZE - 4);
  return copy;
}

function diskWithPmt(rows: readonly Row[], stride: Stride, version: 0 | 1, partId = 0): Uint8Array {
  const disk = new Uint8Array(SIZE);
  const main = SIZE - PMT_DISTANCE_FROM_END;
  disk.set(pmtCopy(rows, stride, PMT_MAIN_MAGICS[version] as number, partId), main);
  disk.set(pmtCopy(rows, stride, PMT_MIRROR_MAGICS[version] as number, partId), main + PMT_COPY_SIZE);
  return disk;
}

/** Writes a boot record: four entries of [type, first sector, sectors]. */
function bootRecord(disk: Uint8Array, sector: number, entries: [number, number, number][]): void {
  for (const [i, [type, first, sectors]] of entries.entries()) {
    const at = sector * 512 + 446 + i * 16;
    disk[at + 4] = type;
    disk.set(encode(u32, 'little', first), at + 8);
    disk.set(encode(u32, 'little', sectors), at + 12);
  }
  disk.set([0x55, 0xaa], sector * 512 + 510);
}

describe('readTableFromStorage', () => {
  it('prefers the GPT', async () => {
    const disk = diskWithPmt(PHYSICAL, 0x58, 0);
    const gpt = buildGpt([{ name: 'boot', start: 0x8000, length: 0x8000 }], SIZE, 512);
    disk.set(gpt.primary);
    expect(await tableOf(disk)).toMatchObject({
      kind: 'gpt',
      source: 'GPT at sector 1',
      partitions: [{ name: 'boot' }],
    });
    disk.fill(0, 0, 2048);
    disk.set(gpt.backup, gpt.backupStart);
    expect(await tableOf(disk)).toMatchObject({ kind: 'gpt', source: 'backup GPT at sector 8191' });
  });

  it('puts the GPT of a UFS phone into lu2', async () => {
    const disk = new Uint8Array(SIZE);
    const gpt = buildGpt([{ name: 'boot', start: 0x80000, length: 0x8000 }], SIZE, 4096);
    disk.set(gpt.primary);
    const table = await readTableFromStorage(readerOf(disk), SIZE, 4096);
    expect(table.partitions).toEqual([{ name: 'boot', region: 'lu2', start: 0x80000, length: 0x8000 }]);
  });

  it.each<[string, Row[], Stride, 0 | 1, number]>([
    ['v1, 32-bit entries', PHYSICAL, 0x4c, 0, 0],
    ['v1, 64-bit entries', PHYSICAL, 0x58, 0, 0],
    ['v3 entries', PHYSICAL, 0x60, 1, 0],
    ['v3 entries with region numbers', PHYSICAL, 0x60, 1, 8],
    ['v1 entries under a v3 magic', PHYSICAL, 0x58, 1, 0],
    ['v1, one address through all regions', LINEAR, 0x58, 0, 0],
    ['v3, one address through all regions', LINEAR, 0x60, 1, 0],
  ])('reads a PMT: %s', async (_name, rows, stride, version, partId) => {
    const { record, ...table } = await tableOf(diskWithPmt(rows, stride, version, partId));
    expect(table).toEqual({ kind: 'pmt', source: 'PMT', partitions: PLACED });
    expect(record?.written).toEqual({ generation: version === 0 ? 1 : 3, form: FORMS[stride] });
  });

  it('moves the user area by the preloader when there is no MBR to tell its start', async () => {
    const rows = LINEAR.filter(([name]) => name !== 'MBR');
    expect((await tableOf(diskWithPmt(rows, 0x58, 0))).partitions).toEqual(PLACED.filter(({ name }) => name !== 'MBR'));
  });

  it('leaves out what a list counts from the end of the storage', async () => {
    const rows: Row[] = [...LINEAR, ['OTP', 0xffff0200, 0x2b00000], ['BMTPOOL', 0xffff00a8, 0x1500000]];
    expect((await tableOf(diskWithPmt(rows, 0x58, 0))).partitions).toEqual(PLACED);
  });

  it.each([0, 4, PMT_COPY_SIZE - 1])('uses the mirror when byte %i of the main PMT is wrong', async (offset) => {
    const disk = diskWithPmt(PHYSICAL, 0x60, 1);
    const at = SIZE - PMT_DISTANCE_FROM_END + offset;
    disk[at] = (disk[at] as number) ^ 0xff;
    const { table, problems } = await findPartitionTable(readerOf(disk), SIZE, 512);
    expect(table).toMatchObject({ kind: 'pmt', source: 'PMT mirror', partitions: PLACED });
    expect(problems.map((each) => each.code)).toEqual(['PMT_MAIN_INVALID']);
  });

  it('does not take a mirror for a main copy', async () => {
    const disk = new Uint8Array(SIZE);
    disk.set(pmtCopy(PHYSICAL, 0x60, PMT_MIRROR_MAGICS[1] as number), SIZE - PMT_DISTANCE_FROM_END);
    await expect(tableOf(disk)).rejects.toMatchObject({ code: 'NO_PARTITION_TABLE' });
  });

  it('falls back to MBR and the chain of EBRs', async () => {
    const disk = new Uint8Array(SIZE);
    bootRecord(disk, 0, [
      [0x83, 64, 100],
      [0x05, 1000, 3000],
    ]);
    bootRecord(disk, 1000, [
      [0x83, 10, 90],
      [0x05, 100, 500],
    ]);
    bootRecord(disk, 1100, [[0x83, 10, 90]]);
    expect(await tableOf(disk)).toEqual({
      kind: 'mbr',
      source: 'MBR in sector 0',
      partitions: [
        { name: 'p1', region: 'user', start: 64 * 512, length: 100 * 512 },
        { name: 'p5', region: 'user', start: 1010 * 512, length: 90 * 512 },
        { name: 'p6', region: 'user', start: 1110 * 512, length: 90 * 512 },
      ],
    });
  });

  it('ends on an EBR chain that bites its tail', async () => {
    const disk = new Uint8Array(SIZE);
    bootRecord(disk, 0, [[0x05, 1000, 3000]]);
    bootRecord(disk, 1000, [
      [0x83, 10, 90],
      [0x05, 0, 500],
    ]);
    const { table, problems } = await findPartitionTable(readerOf(disk), SIZE, 512);
    expect(table.partitions).toHaveLength(1);
    expect(problems).toEqual([
      { code: 'MBR_CHAIN_INVALID', message: 'The chain of extended boot records loops at sector 1000.' },
    ]);
  });

  it('says everything it looked for when there is nothing', async () => {
    const failure = await tableOf(new Uint8Array(SIZE)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UnbrickError);
    expect(failure).toMatchObject({
      code: 'NO_PARTITION_TABLE',
      evidence: [
        'Primary GPT: no "EFI PART" at sector 1. [GPT_PRIMARY_INVALID]',
        'Backup GPT: no "EFI PART" at sector 8191. [GPT_BACKUP_INVALID]',
        'Main PMT: its first word is no PMT magic. [PMT_MAIN_INVALID]',
        'PMT mirror: its first word is no PMT magic. [PMT_MIRROR_INVALID]',
        'The first sector has no boot record signature 0x55AA. [MBR_INVALID]',
      ],
    });
  });

  it('takes a lone protective MBR for what it is', async () => {
    const disk = new Uint8Array(SIZE);
    disk.set(buildGpt([], SIZE, 512).primary.subarray(0, 512));
    await expect(tableOf(disk)).rejects.toMatchObject({ code: 'NO_PARTITION_TABLE' });
  });

  it('throws nothing but UnbrickError and always ends, whatever lies on the storage', async () => {
    const pmt = diskWithPmt(LINEAR, 0x60, 1);
    const mbr = new Uint8Array(SIZE);
    bootRecord(mbr, 0, [
      [0x83, 64, 100],
      [0x05, 1000, 3000],
    ]);
    bootRecord(mbr, 1000, [
      [0x83, 10, 90],
      [0x05, 100, 500],
    ]);
    const entries = SIZE - PMT_DISTANCE_FROM_END + PmtHead.size;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(500), fc.nat(65), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (changes) => {
          for (const [disk, base, second] of [
            [pmt, entries, entries],
            [mbr, 446, 1000 * 512 + 446],
          ] as const) {
            const saved = changes.map(([a, b]) => [disk[base + a], disk[second + b]]);
            for (const [a, b, value] of changes) {
              disk[base + a] = value;
              disk[second + b] = value;
            }
            try {
              await tableOf(disk);
            } catch (error) {
              expect(error).toBeInstanceOf(UnbrickError);
            }
            for (const [i, [a, b]] of [...changes.entries()].reverse()) {
              disk[second + b] = saved[i]?.[1] as number;
              disk[base + a] = saved[i]?.[0] as number;
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
