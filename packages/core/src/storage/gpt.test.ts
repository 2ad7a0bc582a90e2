import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32, GptEntry, GptHeader } from '../wire/index.js';
import { buildGpt, type GptPartition } from './build-gpt.js';
import { parseGpt } from './gpt.js';
import type { ReadBytes } from './read-bytes.js';

const readerOf =
  (disk: Uint8Array): ReadBytes =>
  (offset, length) =>
    Promise.resolve(disk.slice(offset, offset + length));

function diskWith(partitions: readonly GptPartition[], size: number, sectorSize: number): Uint8Array {
  const disk = new Uint8Array(size);
  const { primary, backup, backupStart } = buildGpt(partitions, size, sectorSize);
  disk.set(primary);
  disk.set(backup, backupStart);
  return disk;
}

/** Changes the header at `sector` and makes its checksum right again. */
function forge(disk: Uint8Array, sector: number, change: (header: ReturnType<typeof GptHeader.parse>) => void) {
  const header = GptHeader.parse(disk, sector * 512);
  change(header);
  header.headerCrc = 0;
  header.headerCrc = crc32(GptHeader.build(header));
  disk.set(GptHeader.build(header), sector * 512);
}

const TWO = [
  { name: 'proinfo', start: 0x8000, length: 0x4000 },
  { name: 'boot_a', start: 0x10000, length: 0x8000 },
];
const SIZE = 1 << 18;

describe('parseGpt', () => {
  it('finds again what was built, on both sector sizes', async () => {
    const layouts = fc
      .tuple(
        fc.constantFrom(512, 4096),
        fc.array(
          fc.tuple(
            fc.nat(3),
            fc.integer({ min: 1, max: 20 }),
            fc.string({ minLength: 1, maxLength: 36, unit: 'grapheme-ascii' }),
          ),
          {
            maxLength: 20,
          },
        ),
      )
      .map(([sectorSize, rows]) => {
        let sector = 64;
        const partitions = rows.map(([gap, sectors, name]) => {
          const start = (sector + gap) * sectorSize;
          sector += gap + sectors;
          return { name, start, length: sectors * sectorSize };
        });
        return { sectorSize, partitions };
      });
    await fc.assert(
      fc.asyncProperty(layouts, async ({ sectorSize, partitions }) => {
        const disk = diskWith(partitions, 700 * sectorSize, sectorSize);
        const result = await parseGpt(readerOf(disk), disk.length, sectorSize);
        expect(result.problems).toEqual([]);
        expect(result).toMatchObject({ primaryValid: true, backupValid: true });
        expect(result.table?.partitions).toEqual(partitions.map((each) => ({ ...each, region: 'user' })));
      }),
      { numRuns: 60 },
    );
  });

  it('falls back to the backup copy and says so', async () => {
    const disk = diskWith(TWO, SIZE, 512);
    disk.fill(0, 512, 1024);
    const result = await parseGpt(readerOf(disk), SIZE, 512);
    expect(result).toMatchObject({ primaryValid: false, backupValid: true });
    expect(result.table?.source).toBe('backup GPT at sector 511');
    expect(result.table?.partitions.map((each) => each.name)).toEqual(['proinfo', 'boot_a']);
    expect(result.problems).toEqual([
      { code: 'GPT_PRIMARY_INVALID', message: 'Primary GPT: no "EFI PART" at sector 1.' },
    ]);
  });

  it('does not believe a copy with a wrong checksum in header or entries', async () => {
    const disk = diskWith(TWO, SIZE, 512);
    disk[512 + 0x28] = (disk[512 + 0x28] as number) ^ 1;
    const backupEntries = SIZE - 33 * 512;
    disk[backupEntries + 0x38] = 0x50;
    const result = await parseGpt(readerOf(disk), SIZE, 512);
    expect(result.table).toBeUndefined();
    expect(result.problems.map((each) => each.message)).toEqual([
      'Primary GPT: the checksum of its header is wrong.',
      'Backup GPT: the checksum of its entries is wrong.',
    ]);
  });

  it('says when the two copies list different partitions, and believes the primary', async () => {
    const disk = diskWith(TWO, SIZE, 512);
    const other = buildGpt([{ name: 'other', start: 0x8000, length: 512 }], SIZE, 512);
    disk.set(other.backup, other.backupStart);
    const result = await parseGpt(readerOf(disk), SIZE, 512);
    expect(result.table?.partitions[0]?.name).toBe('proinfo');
    expect(result.problems.map((each) => each.code)).toEqual(['GPT_COPIES_DIFFER']);
  });

  it('finds the backup where the primary says it is when the storage is larger', async () => {
    const disk = new Uint8Array(SIZE * 2);
    disk.set(diskWith(TWO, SIZE, 512));
    const result = await parseGpt(readerOf(disk), disk.length, 512);
    expect(result).toMatchObject({ primaryValid: true, backupValid: true });
    expect(result.problems.map((each) => each.code)).toEqual(['GPT_BACKUP_MISPLACED']);
  });

  it.each<[string, (header: ReturnType<typeof GptHeader.parse>) => void, RegExp]>([
    [
      'a hundred thousand entries',
      (h) => {
        h.entryCount = 100_000;
      },
      /claims 100000 entries/,
    ],
    [
      'entries of 8 bytes',
      (h) => {
        h.entrySize = 8;
      },
      /entries of 8 bytes/,
    ],
    [
      'entries of 129 bytes',
      (h) => {
        h.entrySize = 129;
      },
      /entries of 129 bytes/,
    ],
    [
      'entries beyond the end',
      (h) => {
        h.entriesLba = 500;
      },
      /at sector 500/,
    ],
    [
      'entries far beyond the end',
      (h) => {
        h.entriesLba = Number.MAX_SAFE_INTEGER;
      },
      /at sector 9007/,
    ],
    [
      'another sector',
      (h) => {
        h.currentLba = 2;
      },
      /belongs to sector 2/,
    ],
  ])('refuses a header with right checksum that claims %s', async (_name, change, message) => {
    const disk = diskWith(TWO, SIZE, 512);
    disk.fill(0, SIZE - 512);
    forge(disk, 1, change);
    const result = await parseGpt(readerOf(disk), SIZE, 512);
    expect(result.table).toBeUndefined();
    expect(result.problems[0]?.message).toMatch(message);
  });

  it('leaves out entries that do not lie in the storage and tells overlaps', async () => {
    const disk = diskWith(
      [...TWO, { name: 'x', start: 0x18000, length: 512 }, { name: 'y', start: 0x18200, length: 512 }],
      SIZE,
      512,
    );
    const entry = (index: number, change: (value: ReturnType<typeof GptEntry.parse>) => void) => {
      const value = GptEntry.parse(disk, 1024 + index * 128);
      change(value);
      disk.set(GptEntry.build(value), 1024 + index * 128);
    };
    entry(0, (value) => {
      value.lastLba = 5000;
    });
    entry(1, (value) => {
      value.firstLba = value.lastLba + 1;
    });
    entry(3, (value) => {
      value.firstLba -= 1;
    });
    disk.fill(0xff, 1024 + 4 * 128, 1024 + 5 * 128);
    forge(disk, 1, (h) => {
      h.entriesCrc = crc32(disk.subarray(1024, 1024 + 16384));
    });
    const result = await parseGpt(readerOf(disk), SIZE, 512);
    expect(result.table?.partitions.map((each) => each.name)).toEqual(['x', 'y']);
    expect(result.problems.map((each) => each.code)).toEqual([
      'GPT_COPIES_DIFFER',
      'GPT_ENTRY_INVALID',
      'GPT_ENTRY_INVALID',
      'GPT_ENTRY_INVALID',
      'GPT_OVERLAP',
    ]);
  });

  it('never throws on anything', async () => {
    const good = diskWith(TWO, SIZE, 512);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 512, max: 1400 }), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        fc.nat(SIZE),
        async (changes, repair, size) => {
          const disk = good.slice();
          for (const [offset, value] of changes) disk[offset] = value;
          try {
            if (repair) {
              forge(disk, 1, (h) => {
                h.entriesCrc = crc32(disk.subarray(1024, 1024 + 16384));
              });
            }
          } catch {
            // The header holds a number that cannot be written back: leave it as it is.
          }
          await parseGpt(readerOf(disk), SIZE, 512);
          await parseGpt(readerOf(disk), size, 512);
        },
      ),
      { numRuns: 100 },
    );
  });
});
