import { describe, expect, it } from 'vitest';
import { buildGpt } from './build-gpt.js';
import { parseGpt } from './gpt.js';
import { planGptRepair } from './gpt-repair.js';

const KIB = 1024;

/** A storage with a valid table. */
function disk(sectorSize: number): Uint8Array {
  const bytes = new Uint8Array(1024 * sectorSize);
  const first = 64 * sectorSize;
  const { primary, backup, backupStart } = buildGpt(
    [
      { name: 'nvram', start: first, length: 16 * sectorSize },
      { name: 'boot', start: first + 16 * sectorSize, length: 64 * sectorSize },
    ],
    bytes.length,
    sectorSize,
  );
  bytes.set(primary);
  bytes.set(backup, backupStart);
  return bytes;
}

const readerOf = (bytes: Uint8Array) => async (start: number, length: number) => bytes.slice(start, start + length);
const region = 'user';

async function repaired(bytes: Uint8Array, sectorSize: number): Promise<Uint8Array> {
  const planned = await planGptRepair(readerOf(bytes), bytes.length, sectorSize, region);
  if (!('repair' in planned)) throw new Error(planned.why);
  const whole = bytes.slice();
  whole.set(planned.repair.bytes, planned.repair.extent.start);
  return whole;
}

describe.each([512, 4 * KIB])('planGptRepair, sectors of %i bytes', (sectorSize) => {
  it('makes the primary copy from the backup, byte for byte as it was', async () => {
    const good = disk(sectorSize);
    const bad = good.slice();
    bad.fill(0, 0, 6 * sectorSize);
    expect(Buffer.compare(await repaired(bad, sectorSize), good)).toBe(0);
  });

  it('keeps the boot record that is there', async () => {
    const bad = disk(sectorSize);
    bad.fill(0xee, 0, 16);
    bad.fill(0, sectorSize, 2 * sectorSize);
    const whole = await repaired(bad, sectorSize);
    expect(whole.slice(0, 512)).toEqual(bad.slice(0, 512));
    const { primaryValid, backupValid, problems } = await parseGpt(readerOf(whole), whole.length, sectorSize);
    expect([primaryValid, backupValid, problems]).toEqual([true, true, []]);
  });

  it('makes the backup copy from the primary, byte for byte as it was', async () => {
    const good = disk(sectorSize);
    const bad = good.slice();
    bad.fill(0xff, bad.length - 3 * sectorSize);
    expect(Buffer.compare(await repaired(bad, sectorSize), good)).toBe(0);
  });

  it('finds nothing to do on a whole table', async () => {
    const good = disk(sectorSize);
    expect(await planGptRepair(readerOf(good), good.length, sectorSize, region)).toMatchObject({ whole: true });
  });

  it('does not choose between two valid copies that differ', async () => {
    const mixed = disk(sectorSize);
    const other = buildGpt([{ name: 'x', start: 64 * sectorSize, length: sectorSize }], mixed.length, sectorSize);
    mixed.set(other.backup, other.backupStart);
    expect(await planGptRepair(readerOf(mixed), mixed.length, sectorSize, region)).toMatchObject({
      whole: false,
      why: expect.stringContaining('different partitions'),
    });
  });

  it('says what is wrong with both when none is valid', async () => {
    const blank = new Uint8Array(1024 * sectorSize);
    expect(await planGptRepair(readerOf(blank), blank.length, sectorSize, region)).toMatchObject({
      whole: false,
      why: expect.stringMatching(/primary: no "EFI PART".*backup: no "EFI PART"/),
    });
  });
});
