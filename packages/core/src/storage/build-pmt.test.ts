import { describe, expect, it } from 'vitest';
import { buildPmt, relistPmt } from './build-pmt.js';
import { parsePmt } from './pmt.js';
import type { PmtEntry, PmtForm, PmtRecord } from './storage.js';

const SIZE = 4 << 20;
const FORMS: PmtForm[] = ['32-bit', '64-bit', '64-bit with region'];
const GENERATIONS = [1, 3] as const;
/** Addresses count the boot area, too. */
const entries = (form: PmtForm): PmtEntry[] =>
  [
    { name: 'PRELOADER', size: 0x40000, offset: 0, mask: 0 },
    { name: 'MBR', size: 0x80000, offset: 0x40000, mask: 0 },
    { name: 'NVRAM', size: 0x80000, offset: 0xc0000, mask: 7 },
    { name: 'ANDROID', size: 0x200000, offset: 0x140000, mask: 0 },
    { name: 'BMTPOOL', size: 0x1500000, offset: 0xffff00a8, mask: 0 },
  ].map((entry) => (form === '64-bit with region' ? { ...entry, partId: 0 } : entry));

/** What the storage holds with these copies on it. */
async function readBack(record: PmtRecord, without?: 'main' | 'mirror') {
  const disk = new Uint8Array(SIZE);
  const copies = buildPmt(record, SIZE);
  for (const which of ['main', 'mirror'] as const) {
    if (which !== without) disk.set(copies[which].bytes, copies[which].start);
  }
  return (await parsePmt(async (start, length) => disk.slice(start, start + length), SIZE)).table;
}

describe('buildPmt', () => {
  it.each(FORMS.flatMap((form) => GENERATIONS.map((generation) => ({ form, generation }))))(
    'writes what it reads: $form, generation $generation',
    async (written) => {
      const record = { entries: entries(written.form), written };
      expect((await readBack(record))?.record).toEqual(record);
      expect(await readBack(record, 'main')).toMatchObject({ source: 'PMT mirror', record });
      expect(await readBack(record, 'mirror')).toMatchObject({ source: 'PMT', record });
    },
  );

  it('refuses what does not fit, and what nobody knows how to write', () => {
    const written = { generation: 1, form: '64-bit' } as const;
    const many = Array.from({ length: 47 }, (_, i) => ({ name: `P${i}`, size: 512, offset: i * 512, mask: 0 }));
    expect(() => buildPmt({ entries: many, written }, SIZE)).toThrow(/47 partitions do not fit/);
    expect(() => buildPmt({ entries: many.slice(1) }, SIZE)).toThrow(RangeError);
    const large = [{ name: 'FAT', size: 2 ** 33, offset: 0, mask: 0 }];
    expect(() => buildPmt({ entries: large, written: { generation: 1, form: '32-bit' } }, SIZE)).toThrow(RangeError);
  });
});

describe('relistPmt', () => {
  const place = (name: string, start: number, length: number) => ({ name, region: 'user' as const, start, length });

  it('counts addresses as the phone does, and keeps what is no partition of the user area', async () => {
    const record: PmtRecord = { entries: entries('64-bit'), written: { generation: 1, form: '64-bit' } };
    const partitions = [place('MBR', 0, 0x80000), place('NEW', 0x80000, 0x40000), place('NVRAM', 0xc0000, 0x80000)];
    const fresh = relistPmt(record, partitions, false);
    expect(fresh.entries).toEqual([
      { name: 'PRELOADER', size: 0x40000, offset: 0, mask: 0 },
      { name: 'MBR', size: 0x80000, offset: 0x40000, mask: 0 },
      { name: 'NEW', size: 0x40000, offset: 0xc0000, mask: 0 },
      { name: 'NVRAM', size: 0x80000, offset: 0x100000, mask: 7 },
      { name: 'BMTPOOL', size: 0x1500000, offset: 0xffff00a8, mask: 0 },
    ]);
    expect((await readBack(fresh))?.partitions.slice(1)).toEqual(partitions);
  });

  it('takes the addresses of a NAND as they are', () => {
    const record = { entries: entries('64-bit with region') };
    const fresh = relistPmt(record, [place('PRELOADER', 0, 0x40000), place('NVRAM', 0x40000, 0x20000)], true);
    expect(fresh.entries.map(({ name, offset }) => [name, offset])).toEqual([
      ['PRELOADER', 0],
      ['NVRAM', 0x40000],
      ['BMTPOOL', 0xffff00a8],
    ]);
    expect(fresh.written).toBeUndefined();
  });
});
