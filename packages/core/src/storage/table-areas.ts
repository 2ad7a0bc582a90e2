import { gptAreas } from './build-gpt.js';
import { PMT_DISTANCE_FROM_END } from './pmt.js';
import { type Extent, type PartitionTableKind, type StorageInfo, userRegion } from './storage.js';

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
