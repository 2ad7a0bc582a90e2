import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import { isPreloader } from '../firmware/scatter/is-preloader.js';
import { bootRegions, type PartitionEntry, type PartitionTable, type StorageInfo } from '../storage/storage.js';
import type { BackupStep } from './plan.js';

/** Reads one partition to a file named after it. */
export function backupStep(entry: PartitionEntry): BackupStep {
  return {
    kind: 'backup',
    partition: entry.name,
    extent: { region: entry.region, start: entry.start, length: entry.length },
    fileName: `${entry.name.toLowerCase().replace(/[^a-z0-9_-]/g, '_')}.bin`,
    bytes: entry.length,
    risk: 'none',
  };
}

/** Reads the preloader that is about to be replaced: the boot areas, on NAND its partition. */
export function preloaderBackup(facts: FirmwareFacts, storage: StorageInfo, table: PartitionTable): BackupStep[] {
  const replaced = facts.selected.some((fact) => isPreloader(fact.partition) && fact.path !== undefined && fact.image);
  if (!replaced) return [];
  if (storage.kind === 'nand') {
    const entry = table.partitions.find(({ name }) => name.toLowerCase() === 'preloader');
    return entry ? [backupStep(entry)] : [];
  }
  return bootRegions(storage.kind)
    .map((region) => ({ name: region, region, start: 0, length: storage.regions.get(region) ?? 0 }))
    .filter(({ length }) => length > 0)
    .map(backupStep);
}
