import { describe, expect, it } from 'vitest';
import { buildGpt } from './build-gpt.js';
import { buildPmt } from './build-pmt.js';
import type { PmtRecord } from './storage.js';
import { planTableRepair } from './table-repair.js';

const SIZE = 4 << 20;
const record = (generation: 1 | 3, second = 'NVRAM'): PmtRecord => ({
  entries: [
    { name: 'MBR', size: 0x80000, offset: 0, mask: 0, partId: 8 },
    { name: second, size: 0x80000, offset: 0x80000, mask: 3, partId: 8 },
  ],
  written: { generation, form: '64-bit with region' },
});

/** A storage with these copies, or without one. */
function diskWith(main?: PmtRecord, mirror?: PmtRecord): Uint8Array {
  const disk = new Uint8Array(SIZE);
  const copies = [main && buildPmt(main, SIZE).main, mirror && buildPmt(mirror, SIZE).mirror];
  for (const copy of copies) if (copy) disk.set(copy.bytes, copy.start);
  return disk;
}

const planFor = (disk: Uint8Array) =>
  planTableRepair(async (start, length) => disk.slice(start, start + length), SIZE, 512, 'user');

describe.each([1, 3] as const)('a PMT of generation %i', (generation) => {
  const { main, mirror } = buildPmt(record(generation), SIZE);

  it('is made whole from its other copy, byte for byte as it was', async () => {
    expect(await planFor(diskWith(record(generation)))).toEqual({
      repair: {
        name: 'pmt-mirror',
        copy: 'backup',
        why: 'its first word is no PMT magic',
        extent: { region: 'user', start: mirror.start, length: mirror.bytes.length },
        bytes: mirror.bytes,
      },
    });
    expect(await planFor(diskWith(undefined, record(generation)))).toMatchObject({
      repair: { name: 'pmt', copy: 'primary', extent: { start: main.start }, bytes: main.bytes },
    });
  });

  it('is left alone when its copies agree, and when they do not', async () => {
    expect(await planFor(diskWith(record(generation), record(generation)))).toMatchObject({ whole: true });
    expect(await planFor(diskWith(record(generation), record(generation, 'OTHER')))).toMatchObject({ whole: false });
  });
});

it('does not look at what an older system left behind a GPT', async () => {
  const disk = diskWith(record(1));
  const gpt = buildGpt([{ name: 'boot', start: 0x8000, length: 0x8000 }], SIZE, 512);
  disk.set(gpt.primary);
  expect(await planFor(disk)).toMatchObject({ repair: { name: 'sgpt' } });
});

it('says that there is nothing to be repaired from on an empty storage', async () => {
  expect(await planFor(new Uint8Array(SIZE))).toMatchObject({ whole: false });
});
