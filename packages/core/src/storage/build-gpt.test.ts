import { describe, expect, it } from 'vitest';
import { buildGpt, type GptPartition } from './build-gpt.js';
import { parseGpt } from './gpt.js';
import type { GptIdentity } from './storage.js';

const SIZE = 1 << 20;
const GUID = Uint8Array.from({ length: 16 }, (_, i) => i);
const at = (name: string, sector: number): GptPartition => ({ name, start: sector * 512, length: 512 });

async function identityOf(partitions: GptPartition[], before?: GptIdentity): Promise<GptIdentity> {
  const disk = new Uint8Array(SIZE);
  const { primary, backup, backupStart } = buildGpt(partitions, SIZE, 512, GUID, before);
  disk.set(primary);
  disk.set(backup, backupStart);
  const { table, problems } = await parseGpt(
    (start, length) => Promise.resolve(disk.slice(start, start + length)),
    SIZE,
    512,
  );
  expect(problems).toEqual([]);
  return table?.identity as GptIdentity;
}

describe('buildGpt', () => {
  it('takes over what an earlier table says of the storage and of partitions with the same names', async () => {
    const before = {
      disk: 'd'.repeat(32),
      partitions: [
        { name: 'boot', type: 'a'.repeat(32), own: 'b'.repeat(32), attributes: '0400000000000000' },
        { name: 'gone', type: 'a'.repeat(32), own: 'c'.repeat(32), attributes: '0000000000000000' },
      ],
    };
    const after = await identityOf([at('new', 64), at('BOOT', 70)], before);
    expect(after.disk).toBe(before.disk);
    expect(after.partitions[1]).toEqual({ ...before.partitions[0], name: 'BOOT' });
    expect(after.partitions[0]?.attributes).toBe('0000000000000000');
  });

  it('gives every partition a GUID of its own, also beside those of a table it has made itself', async () => {
    const first = await identityOf([at('a', 64), at('b', 65), at('c', 66)]);
    const second = await identityOf([at('x', 64), at('a', 65), at('y', 66), at('c', 67), at('a', 68)], first);
    const own = second.partitions.map((each) => each.own);
    expect(new Set(own).size).toBe(5);
    expect(own[1]).toBe(first.partitions[0]?.own);
    expect(own[3]).toBe(first.partitions[2]?.own);
  });

  it('is the same table when it is built from itself', async () => {
    const partitions = [at('a', 64), at('b', 65)];
    const first = await identityOf(partitions);
    expect(await identityOf(partitions, first)).toEqual(first);
  });
});
