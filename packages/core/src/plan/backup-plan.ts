import { bootRegions, type Extent, type PartitionTable, type StorageInfo } from '../storage/storage.js';
import { tableAreas } from '../storage/table-areas.js';
import { backupStep } from './backup-step.js';
import { isCalibration } from './calibration.js';
import type { BackupStep, Plan } from './plan.js';

export interface BackupWishes {
  /** Every partition, the boot areas and the table; else calibration only. */
  all: boolean;
  /** Partitions to leave out; case does not matter. */
  skip?: readonly string[];
}

/** Files of a full backup with the two copies of the table; on phones before GPT with everything behind the last partition. */
export const TABLE_FILES = ['pgpt', 'sgpt', 'pmt'];

/** What a backup reads, and in which order. Nothing of it changes the phone. Pure. */
export function planBackup(storage: StorageInfo, table: PartitionTable, phone: string, wishes: BackupWishes): Plan {
  const skip = new Set((wishes.skip ?? []).map((name) => name.toLowerCase()));
  const wanted = table.partitions.filter(
    ({ name }) => !skip.has(name.toLowerCase()) && (wishes.all || isCalibration(name)),
  );
  const steps = wanted.map(backupStep);
  if (wishes.all) steps.push(...tableSteps(storage, table), ...bootSteps(storage));
  return { mode: 'backup', firmware: '', phone, steps };
}

function tableSteps(storage: StorageInfo, table: PartitionTable): BackupStep[] {
  // A NAND's table is in the manifest: its blocks are the agent's matter.
  if (storage.kind === 'nand') return [];
  const areas = tableAreas(storage, table.kind);
  if (table.kind === 'gpt') return ['pgpt', 'sgpt'].map((name, i) => backupStep({ name, ...(areas[i] as Extent) }));
  return areas.map((area) => backupStep({ name: 'pmt', ...withReserves(area, table) }));
}

/** Before the list of an eMMC lie places that no list tells (OTP): everything behind the last partition. */
function withReserves({ region, start, length }: Extent, { partitions }: PartitionTable): Extent {
  const end = Math.max(
    0,
    ...partitions.filter((each) => each.region === region).map((each) => each.start + each.length),
  );
  const from = Math.min(start, end);
  return { region, start: from, length: start + length - from };
}

function bootSteps(storage: StorageInfo): BackupStep[] {
  if (storage.kind === 'nand') return [];
  return bootRegions(storage.kind)
    .map((region) => ({ name: region, region, start: 0, length: storage.regions.get(region) ?? 0 }))
    .filter(({ length }) => length > 0)
    .map(backupStep);
}
