import { PMT_COPY_SIZE } from '../storage/pmt.js';
import { type Extent, type PartitionTable, type StorageInfo, userRegion } from '../storage/storage.js';
import { tableAreas } from '../storage/table-areas.js';
import { LegacyPmtEntry } from '../wire/index.js';
import type { MapBadBlocksStep, WriteTableStep } from './plan.js';

/** Comes before everything else on a NAND without a table: without a map nothing can be placed around bad blocks. */
export const MAP_BAD_BLOCKS: MapBadBlocksStep = {
  kind: 'map-bad-blocks',
  partition: 'map of bad blocks',
  bytes: 0,
  risk: 'low',
};

/** The step that writes this table; undefined when nobody knows how the phone writes its own. Pure. */
export function tableStep(storage: StorageInfo, table: PartitionTable): WriteTableStep | undefined {
  const region = userRegion(storage.kind);
  const inRegion = table.partitions.filter((entry) => entry.region === region);
  const base = {
    kind: 'write-table' as const,
    partition: 'partition table',
    region,
    regionSize: storage.regions.get(region) ?? 0,
    partitions: inRegion.map(({ name, start, length }) => ({ name, start, length })),
    risk: 'high' as const,
  };
  if (table.kind === 'gpt') {
    const extents = tableAreas(storage, 'gpt');
    const identity = table.identity ? { identity: table.identity } : {};
    return { ...base, table: 'gpt', sectorSize: storage.blockSize, extents, bytes: sumOf(extents), ...identity };
  }
  const { record } = table;
  if (table.kind !== 'pmt' || !record) return undefined;
  const extents = pmtCopies(storage);
  const bytes = storage.nand ? record.entries.length * LegacyPmtEntry.size : sumOf(extents);
  return { ...base, table: 'pmt', record, extents, bytes };
}

/** Places of the two copies of a PMT, main copy first. */
function pmtCopies(storage: StorageInfo): Extent[] {
  const length = storage.nand?.eraseBlock ?? PMT_COPY_SIZE;
  return tableAreas(storage, 'pmt').flatMap(({ region, start }) => [
    { region, start, length },
    { region, start: start + length, length },
  ]);
}

function sumOf(extents: readonly Extent[]): number {
  return extents.reduce((sum, { length }) => sum + length, 0);
}
