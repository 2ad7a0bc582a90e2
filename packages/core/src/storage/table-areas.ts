import { hex } from '../wire/index.js';
import { gptAreas } from './build-gpt.js';
import { PMT_DISTANCE_FROM_END } from './pmt.js';
import { END_RELATIVE } from './pmt-entries.js';
import { type Extent, type PartitionTableKind, type PmtRecord, type StorageInfo, userRegion } from './storage.js';

/** Blocks of a NAND, right before the pool of spare blocks, that hold its PMT: main copy and mirror. */
const NAND_TABLE_BLOCKS = 2;

/**
 * The places of a partition table, which belong to no partition: main copy first. On phones before GPT everything from the
 * PMT to the end of the storage.
 */
export function tableAreas(storage: StorageInfo, kind: PartitionTableKind): Extent[] {
  const region = userRegion(storage.kind);
  const size = storage.regions.get(region) ?? 0;
  if (kind === 'gpt') {
    const { primary, backup } = gptAreas(size, storage.blockSize, region);
    return [primary, backup];
  }
  const length = storage.nand ? NAND_TABLE_BLOCKS * storage.nand.eraseBlock : PMT_DISTANCE_FROM_END;
  return [{ region, start: Math.max(0, size - length), length: Math.min(size, length) }];
}

/** Where the room for partitions ends, bytes. */
export function usableEnd(storage: StorageInfo, kind: PartitionTableKind): number {
  return tableAreas(storage, kind).at(-1)?.start ?? 0;
}

/**
 * Why this list of a NAND cannot be written through the agent as it runs: the list lies before the pool of spare blocks, and
 * the agent has been told another size of it. Undefined when they agree, or the list does not say.
 */
export function poolElsewhere({ entries }: PmtRecord, { regions }: StorageInfo): string | undefined {
  const end = regions.get('nand') ?? 0;
  const pool = entries.find(({ name }) => name.toUpperCase() === 'BMTPOOL')?.offset;
  if (pool === undefined || pool >= END_RELATIVE || pool === end) return undefined;
  return `its pool of spare blocks begins at ${hex(pool)}, and the agent was told ${hex(end)}: use the firmware of this phone`;
}
