import { UnbrickError } from '../errors/unbrick-error.js';
import { resolveSize, resolveStart, type ScatterLayout } from '../firmware/scatter/scatter.js';
import { gptAreas } from '../storage/build-gpt.js';
import { compareLayout, type LayoutDifference, type WantedPartition } from '../storage/layout-difference.js';
import { type PartitionEntry, type PartitionTable, type StorageInfo, userRegion } from '../storage/storage.js';

/** Areas that hold the partition table itself and are no entries of it. */
const TABLE_AREAS = new Set(['pgpt', 'sgpt', 'pmt', 'rsv_pmt', 'bmtpool']);

/** Where the partitions are, and where a job that may change the layout wants them. */
export interface TargetLayout {
  /** The table after the job: the phone's own when nothing has to move. */
  table: PartitionTable;
  /** True when a new partition table has to be written. */
  changed: boolean;
  differences: LayoutDifference[];
  /** Why the firmware's layout cannot be laid on this storage. */
  error?: UnbrickError;
}

/**
 * Lays the firmware's layout on the phone's real storage and compares it with the phone's table. What only the phone has
 * does not count as a change: an upgrade leaves it alone. Pure.
 */
export function targetLayout(layout: ScatterLayout, storage: StorageInfo, table: PartitionTable): TargetLayout {
  const region = userRegion(storage.kind);
  const regionSize = storage.regions.get(region) ?? 0;
  const wanted: WantedPartition[] = [];
  const target: PartitionEntry[] = [];
  const end = storage.kind === 'nand' ? regionSize : gptAreas(regionSize, storage.blockSize, region).backup.start;
  try {
    for (const partition of layout.partitions) {
      const name = partition.name.toLowerCase();
      if (partition.region !== region || TABLE_AREAS.has(name)) continue;
      if (name === 'preloader' && storage.kind !== 'nand') continue;
      const start = resolveStart(partition, regionSize, layout.blockSize);
      const room = resolveSize(partition, layout, regionSize);
      // "The rest of the storage" ends where the second copy of the table begins.
      const length = partition.size === 0 ? Math.min(room, end - start) : room;
      wanted.push({ name: partition.name, region, start, size: partition.size });
      target.push({ name: partition.name, region, start, length });
    }
  } catch (cause) {
    if (!(cause instanceof UnbrickError)) throw cause;
    return { table, changed: false, differences: [], error: cause };
  }
  const differences = compareLayout(wanted, table);
  const changed = differences.some(({ verdict }) => verdict !== 'same' && verdict !== 'only-on-phone');
  if (!changed) return { table, changed, differences };
  target.sort((a, b) => a.start - b.start);
  return { table: { kind: 'gpt', source: 'the firmware', partitions: target }, changed, differences };
}
