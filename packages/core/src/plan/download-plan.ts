import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import { isPreloader } from '../firmware/scatter/is-preloader.js';
import { partitionOnPhone } from '../preflight/check-storage.js';
import { bootRegions, type PartitionEntry, type PartitionTable, type StorageInfo } from '../storage/storage.js';
import { isCalibration } from './calibration.js';
import type { BackupStep, Plan, PlanStep } from './plan.js';

export interface PlanOptions {
  /** Read the calibration partitions to a backup first. */
  backup: boolean;
  reboot: boolean;
}

/**
 * *Download only*: back up calibration, write the selected partitions where the phone has them, preloader last: until its
 * turn the phone can still be caught by the preloader it has, and after it nothing else can fail. Pure.
 */
export function planDownload(
  facts: FirmwareFacts,
  storage: StorageInfo,
  table: PartitionTable,
  options: PlanOptions,
): Plan {
  const writes: PlanStep[] = [];
  const last: PlanStep[] = [];
  for (const { partition, path, image } of facts.selected) {
    if (path === undefined || !image) continue;
    if (isPreloader(partition)) {
      const bytes = facts.preloader?.file.length ?? image.expandedSize;
      last.push({
        kind: 'write-preloader',
        partition: partition.name,
        path,
        regions: bootRegions(storage.kind),
        bytes,
        risk: 'high',
      });
      continue;
    }
    const entry = partitionOnPhone(table, partition.name);
    if (!entry) continue;
    const extent = { region: entry.region, start: entry.start, length: entry.length };
    // Only a sparse image with gaps leaves parts of its partition unwritten.
    if (image.kind === 'sparse' && image.dataBytes < image.expandedSize) {
      writes.push({ kind: 'erase', partition: entry.name, extent, bytes: extent.length, risk: 'low' });
    }
    writes.push({
      kind: 'write',
      partition: entry.name,
      extent,
      path,
      format: image.kind,
      bytes: image.dataBytes,
      risk: isBootChain(entry.name) ? 'high' : 'low',
    });
  }
  const steps: PlanStep[] = [];
  if (options.backup) {
    steps.push(...table.partitions.filter((entry) => isCalibration(entry.name)).map(backupStep));
    if (last.length > 0) steps.push(...preloaderBackup(storage, table));
  }
  steps.push(...writes, ...last);
  if (options.reboot) steps.push({ kind: 'reboot', partition: '', bytes: 0, risk: 'none' });
  return {
    mode: 'download',
    firmware: facts.package.name,
    phone: `${facts.package.scatter.platform}, ${storage.kind.toUpperCase()}`,
    steps,
  };
}

/** The preloader that is about to be replaced: the boot areas, on NAND its partition. */
function preloaderBackup(storage: StorageInfo, table: PartitionTable): BackupStep[] {
  if (storage.kind === 'nand') {
    const entry = table.partitions.find(({ name }) => name.toLowerCase() === 'preloader');
    return entry ? [backupStep(entry)] : [];
  }
  return bootRegions(storage.kind)
    .map((region) => ({ name: region, region, start: 0, length: storage.regions.get(region) ?? 0 }))
    .filter(({ length }) => length > 0)
    .map(backupStep);
}

/** Programs that run before the system: a half-written one keeps the phone from starting. */
const BOOT_CHAIN =
  /^(lk|lk2|uboot|tee\d?|atf|boot|vbmeta.*|dtbo?|logo|spmfw|scp\d?|sspm.*|gz\d?|mbr|ebr\d|pgpt|sgpt)(_[ab])?$/i;

export function isBootChain(partitionName: string): boolean {
  return BOOT_CHAIN.test(partitionName);
}

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
