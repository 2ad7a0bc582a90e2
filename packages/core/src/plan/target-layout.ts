import { UnbrickError } from '../errors/unbrick-error.js';
import { resolveSize, resolveStart, type ScatterLayout } from '../firmware/scatter/scatter.js';
import { tableKindOf } from '../firmware/scatter/table-kind.js';
import { relistPmt } from '../storage/build-pmt.js';
import { compareLayout, type LayoutDifference, type WantedPartition } from '../storage/layout-difference.js';
import {
  type PartitionEntry,
  type PartitionTable,
  type PmtRecord,
  type StorageInfo,
  userRegion,
} from '../storage/storage.js';
import { usableEnd } from '../storage/table-areas.js';

/** Areas that hold the partition table itself and are no entries of it. */
const TABLE_AREAS = new Set(['pgpt', 'sgpt', 'pmt', 'rsv_pmt', 'bmtpool']);

/** Where the partitions are, and where a job that may change the layout wants them. */
export interface TargetLayout {
  /** The table after the job: the phone's own when nothing has to move. */
  table: PartitionTable;
  /** True when a new partition table has to be written. */
  changed: boolean;
  differences: LayoutDifference[];
  /** The kind of table that the firmware is made for, where it tells. */
  wanted?: 'gpt' | 'pmt';
  /** Why the firmware's layout cannot be laid on this storage. */
  error?: UnbrickError;
}

/**
 * Lays the firmware's layout on the phone's real storage and compares it with the phone's table. What only the phone has
 * does not count as a change: an upgrade leaves it alone. Pure.
 */
export function targetLayout(layout: ScatterLayout, storage: StorageInfo, table: PartitionTable): TargetLayout {
  const region = userRegion(storage.kind);
  // Scatter files count from the end of the chip, behind the pool of spare blocks.
  const regionSize = (storage.regions.get(region) ?? 0) + (storage.nand?.poolSize ?? 0);
  const wanted: WantedPartition[] = [];
  const target: PartitionEntry[] = [];
  const kind = table.kind === 'mbr' ? 'pmt' : table.kind;
  const end = usableEnd(storage, kind);
  const told = tableKindOf(layout);
  const wants = told ? { wanted: told } : {};
  try {
    for (const partition of layout.partitions) {
      const name = partition.name.toLowerCase();
      if (partition.region !== region || TABLE_AREAS.has(name)) continue;
      if (name === 'preloader' && storage.kind !== 'nand') continue;
      // What phones before GPT keep at the end of the chip has an entry of its own, which stays as it is.
      if (kind === 'pmt' && partition.endRelativeBlocks !== undefined) continue;
      const start = resolveStart(partition, regionSize, layout.blockSize);
      const room = resolveSize(partition, layout, regionSize);
      // "The rest of the storage" ends where the second copy of the table begins.
      const length = partition.size === 0 ? Math.min(room, end - start) : room;
      wanted.push({ name: partition.name, region, start, size: partition.size });
      target.push({ name: partition.name, region, start, length });
    }
  } catch (cause) {
    if (!(cause instanceof UnbrickError)) throw cause;
    return { table, changed: false, differences: [], ...wants, error: cause };
  }
  const differences = compareLayout(wanted, table);
  const changed = differences.some(({ verdict }) => verdict !== 'same' && verdict !== 'only-on-phone');
  if (!changed) return { table, changed, differences, ...wants };
  target.sort((a, b) => a.start - b.start);
  const partitions = [...table.partitions.filter((entry) => entry.region !== region), ...target];
  const record = kind === 'pmt' ? newRecord(table, target, storage) : undefined;
  const fresh: PartitionTable = {
    kind,
    source: 'the firmware',
    partitions,
    ...(record ? { record } : {}),
    ...(table.identity ? { identity: table.identity } : {}),
  };
  return { table: fresh, changed, differences, ...wants };
}

/**
 * The list that a phone before GPT gets. An eMMC without one cannot be given any, because its boot loader wants it in one of
 * several forms; on NAND that is the agent's matter.
 */
function newRecord(
  { record }: PartitionTable,
  target: readonly PartitionEntry[],
  { nand, regions }: StorageInfo,
): PmtRecord | undefined {
  if (record) return relistPmt(record, target, nand !== undefined);
  if (!nand) return undefined;
  const pool = { name: 'BMTPOOL', size: nand.poolSize, offset: regions.get('nand') ?? 0, mask: 0 };
  const entries = target.map(({ name, start, length }) => ({ name, size: length, offset: start, mask: 0 }));
  return { entries: [...entries, pool] };
}
