import { bootRegions, type Extent, type PartitionTable, type StorageInfo } from '../storage/storage.js';
import { poolElsewhere } from '../storage/table-areas.js';
import { TABLE_FILES } from './backup-plan.js';
import { isBootChain } from './boot-chain.js';
import { isCalibration } from './calibration.js';
import type { KeepStep, Plan, PlanStep, RestoreStep, Risk } from './plan.js';
import { MAP_BAD_BLOCKS, tableStep } from './table-step.js';

/** A file of a backup and where it was read. Bytes. */
export interface SavedFile extends Extent {
  partition: string;
  fileName: string;
}

export interface RestoreWishes {
  /** Only these partitions or regions; case does not matter. */
  names?: readonly string[];
  /** A full backup: the phone gets the table of the backup, and everything goes where it was. */
  full: boolean;
  reboot: boolean;
}

/** What does not fit the phone, and why. */
export interface Misfit {
  partition: string;
  why: string;
}

/** The phone that a backup is put back on. */
export interface RestoreTarget {
  storage: StorageInfo;
  /** As it is now; without partitions when the phone has none. */
  table: PartitionTable;
  /** For people. */
  name: string;
}

/**
 * What putting a backup back does. A full backup goes where it was read, table first; single partitions go where the phone
 * has them now. Boot areas come last and are written only when they differ. Pure.
 */
export function planRestore(
  files: readonly SavedFile[],
  savedTable: PartitionTable,
  { storage, table, name: phone }: RestoreTarget,
  backup: string,
  wishes: RestoreWishes,
): { plan: Plan; misfits: Misfit[] } {
  const names = wishes.names && new Set(wishes.names.map((name) => name.toLowerCase()));
  const misfits: Misfit[] = [];
  const tables: PlanStep[] = [];
  const partitions: PlanStep[] = [];
  const boots: PlanStep[] = [];
  for (const file of files) {
    const name = file.partition.toLowerCase();
    if (names && !names.has(name)) continue;
    const isTable = TABLE_FILES.includes(name);
    const isBoot = bootRegions(storage.kind).some((region) => region === name);
    // Without being asked for, a set of single partitions brings neither table nor boot areas back.
    if (!names && !wishes.full && (isTable || isBoot)) continue;
    const place = wishes.full || isTable || isBoot ? file : placeOnPhone(file, table);
    const why = place ? whyNot(file, place, storage) : 'the phone has no such partition';
    if (!place || why) {
      misfits.push({ partition: file.partition, why: why ?? '' });
      continue;
    }
    const step = stepOf(file, place, isTable || isBoot);
    // The copy at the end first: until the other is whole, the phone has the old one.
    if (isTable) tables.unshift(step);
    else if (isBoot || name === 'preloader') boots.push({ ...step, kind: 'keep' });
    else partitions.push(step);
  }
  if (storage.nand && wishes.full && !names) {
    const { steps, why } = listOnNand(storage, table, savedTable);
    tables.push(...steps);
    if (why) misfits.push({ partition: 'partition table', why });
  }
  const steps = [...tables, ...partitions, ...boots];
  if (wishes.reboot) steps.push({ kind: 'reboot', partition: '', bytes: 0, risk: 'none' });
  return { plan: { mode: 'restore', firmware: backup, phone, steps }, misfits };
}

/** A NAND's list is no file: the agent writes it from the manifest, after it has made a map of bad blocks if there is none. */
function listOnNand(
  storage: StorageInfo,
  table: PartitionTable,
  saved: PartitionTable,
): { steps: PlanStep[]; why?: string } {
  const lost = table.partitions.length === 0;
  const { record } = saved;
  if (!record) return { steps: [], ...(lost ? { why: 'the backup does not say how it was written' } : {}) };
  if (!lost && JSON.stringify(table.record?.entries) === JSON.stringify(record.entries)) return { steps: [] };
  const why = poolElsewhere(record, storage);
  if (why) return { steps: [], why };
  const step = tableStep(storage, saved);
  return { steps: [...(lost ? [MAP_BAD_BLOCKS] : []), ...(step ? [step] : [])] };
}

function placeOnPhone(file: SavedFile, table: PartitionTable): Extent | undefined {
  return table.partitions.find((entry) => entry.name.toLowerCase() === file.partition.toLowerCase());
}

function whyNot(file: SavedFile, place: Extent, storage: StorageInfo): string | undefined {
  const room = storage.regions.get(place.region) ?? 0;
  if (file.length > place.length) return `it has ${file.length} bytes, its place on the phone ${place.length}`;
  if (place.start + file.length > room) return `it ends beyond ${place.region}, which has ${room} bytes`;
  return undefined;
}

function stepOf(file: SavedFile, { region, start }: Extent, needed: boolean): RestoreStep | KeepStep {
  return {
    kind: 'restore',
    partition: file.partition,
    extent: { region, start, length: file.length },
    fileName: file.fileName,
    earlier: true,
    bytes: file.length,
    risk: riskOf(file.partition, needed),
  };
}

function riskOf(name: string, needed: boolean): Risk {
  if (isCalibration(name)) return 'calibration';
  return needed || isBootChain(name) ? 'high' : 'low';
}
