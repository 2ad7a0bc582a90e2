import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import type { ScatterLayout } from '../firmware/scatter/scatter.js';
import {
  type Extent,
  type PartitionEntry,
  type PartitionTable,
  type StorageInfo,
  userRegion,
} from '../storage/storage.js';
import { tableAreas } from '../storage/table-areas.js';
import { backupStep, preloaderBackup } from './backup-step.js';
import { isBootRecord } from './boot-chain.js';
import { phoneOfPlan, REBOOT } from './download-plan.js';
import { freeSpace } from './free-space.js';
import { imageSteps } from './image-steps.js';
import {
  holdsPersonalData,
  isEmptiedByUpgrade,
  type KeepReason,
  type KeptPartition,
  keptPartitions,
  protectionOf,
} from './kept-partitions.js';
import type { BackupStep, EraseStep, KeepStep, Plan, PlanStep, RestoreStep } from './plan.js';
import { MAP_BAD_BLOCKS, tableStep } from './table-step.js';
import type { TargetLayout } from './target-layout.js';

/** A file of a backup that was made before. */
export interface EarlierFile {
  /** Partition it was read from. */
  partition: string;
  fileName: string;
  /** Bytes. */
  bytes: number;
}

export interface RebuildOptions {
  mode: 'upgrade' | 'format-all';
  reboot: boolean;
  /** Content that is taken from an earlier backup instead of from the phone. */
  earlier?: readonly EarlierFile[];
  /** The earlier backup is to replace what the phone holds now, not only to be compared with it. */
  replace?: boolean;
  /** The phone has no table: on NAND it may have lost the map of its bad blocks, too. */
  tableLost?: boolean;
}

/** What of the phone's partitions an upgrade or a format keeps. Pure. */
export function keptBy(
  mode: RebuildOptions['mode'],
  facts: FirmwareFacts,
  old: PartitionTable,
  target: PartitionTable,
): KeptPartition[] {
  const written = new Set(facts.selected.map((fact) => fact.partition.name.toLowerCase()));
  return keptPartitions(old, target, (entry): KeepReason | undefined => {
    const name = entry.name.toLowerCase();
    const partition = facts.layout.partitions.find((each) => each.name.toLowerCase() === name);
    const reason = protectionOf(name, partition);
    if (reason || written.has(name)) return written.has(name) ? undefined : reason;
    // A boot record that the firmware does not bring is the only one there is; the first eMMC phones have a partition for the PMT.
    if (partition?.operation === 'RESERVED' || isBootRecord(name) || name === 'pmt') return 'untouched';
    return mode === 'upgrade' && !isEmptiedByUpgrade(name) ? 'untouched' : undefined;
  });
}

/**
 * *Firmware upgrade* and *Format all + download*. Both read calibration, protected partitions and lock state to a backup
 * first and never erase them where they can stay; what has to move is written to its new place as soon as that place exists,
 * before the long writing of images begins. An upgrade empties only what a new system cannot use; a format empties
 * everything that is not kept. Pure.
 */
export function planRebuild(
  facts: FirmwareFacts,
  storage: StorageInfo,
  old: PartitionTable,
  target: TargetLayout,
  options: RebuildOptions,
): Plan {
  const kept = keptBy(options.mode, facts, old, target.table);
  const earlier = new Map((options.earlier ?? []).map((file) => [file.partition.toLowerCase(), file]));
  // A format and a new layout clear the ground in large pieces; else each partition is emptied by itself.
  const clearing = options.mode === 'format-all' || target.changed;
  const newTable = clearing ? tableStep(storage, target.table) : undefined;

  const backups: BackupStep[] = [];
  const puts: RestoreStep[] = [];
  const keeps: KeepStep[] = [];
  for (const each of kept) {
    if (each.reason === 'untouched' && each.fate !== 'moves') continue;
    const before = earlier.get(each.name.toLowerCase());
    const backup = backupStep(each.from);
    if (!before) backups.push(backup);
    const source = before ? { fileName: before.fileName, earlier: true as const } : { fileName: backup.fileName };
    const put = {
      partition: each.name,
      bytes: before?.bytes ?? each.from.length,
      risk: 'calibration' as const,
      ...source,
    };
    const replaced = before !== undefined && options.replace === true;
    if (each.fate === 'in-place' && !replaced) keeps.push({ kind: 'keep', extent: extentOf(each.from), ...put });
    if (each.to && (each.fate === 'moves' || (each.fate === 'in-place' && replaced))) {
      puts.push({ kind: 'restore', extent: { ...extentOf(each.to), length: put.bytes }, ...put });
    }
  }
  puts.push(...restoresFromEarlier(facts, earlier, kept, target.table));
  if (newTable && old.partitions.length > 0 && !options.earlier) backups.push(...tableBackups(storage, old));
  if (!options.earlier) backups.push(...preloaderBackup(facts, storage, old));

  const images = imageSteps(facts, storage, target.table, clearing ? 'never' : 'always');
  // The boot records belong to the table: they point at the file systems.
  const records = images.writes.filter((step) => isBootRecord(step.partition));
  const others = images.writes.filter((step) => !isBootRecord(step.partition));
  const erases = clearing
    ? clearGround(storage, old, target.table, kept, reservedPlaces(facts.layout, storage, old))
    : emptyPartitions(facts, target.table, kept);
  const tables = newTable ? [newTable] : [];
  // On NAND the agent writes the table and may refuse it: then nothing must have been erased yet.
  const ground = storage.nand ? [...tables, ...erases] : [...erases, ...tables];
  const steps: PlanStep[] = [
    ...(storage.nand && options.tableLost ? [MAP_BAD_BLOCKS] : []),
    ...backups,
    ...ground,
    ...records,
    ...puts,
    ...others,
    ...keeps,
    ...images.preloader,
    ...(options.reboot ? [REBOOT] : []),
  ];
  return { mode: options.mode, firmware: facts.package.name, phone: phoneOfPlan(facts, storage), steps };
}

/** Content of an earlier backup whose partition the phone at hand no longer lists. */
function restoresFromEarlier(
  facts: FirmwareFacts,
  earlier: ReadonlyMap<string, EarlierFile>,
  kept: readonly KeptPartition[],
  target: PartitionTable,
): RestoreStep[] {
  const handled = new Set(kept.map((each) => each.name.toLowerCase()));
  return target.partitions.flatMap((to): RestoreStep[] => {
    const file = earlier.get(to.name.toLowerCase());
    const partition = facts.layout.partitions.find((each) => each.name === to.name);
    if (!protectionOf(to.name, partition) || facts.selected.some((fact) => fact.partition === partition)) return [];
    if (!file || handled.has(to.name.toLowerCase()) || file.bytes > to.length) return [];
    const extent = { ...extentOf(to), length: file.bytes };
    const { fileName, bytes } = file;
    return [{ kind: 'restore', partition: to.name, extent, fileName, bytes, risk: 'calibration', earlier: true }];
  });
}

/** The table that is about to be replaced, as it lies on the storage; a NAND's is in the manifest of the backup. */
function tableBackups(storage: StorageInfo, old: PartitionTable): BackupStep[] {
  if (storage.nand) return [];
  const names = old.kind === 'gpt' ? ['pgpt', 'sgpt'] : ['pmt'];
  const records = old.partitions.filter((entry) => isBootRecord(entry.name));
  return [
    ...tableAreas(storage, old.kind).map((area, i) => backupStep({ name: names[i] as string, ...area })),
    ...records.map(backupStep),
  ];
}

/** Everything but what stays where it is. The areas of the table are overwritten, so that the phone is never without one. */
function clearGround(
  storage: StorageInfo,
  old: PartitionTable,
  target: PartitionTable,
  kept: readonly KeptPartition[],
  reserved: readonly Extent[],
): EraseStep[] {
  const region = userRegion(storage.kind);
  const size = storage.regions.get(region) ?? 0;
  const stays = kept.filter((each) => each.fate === 'in-place').map((each) => extentOf(each.from));
  const taken = [...stays, ...reserved, ...tableAreas(storage, target.kind), ...preloaderOnNand(storage, old, target)];
  return freeSpace(region, size, taken).map((extent) => {
    const inside = old.partitions.filter((entry) => overlaps(entry, extent));
    const personal = inside.some((entry) => holdsPersonalData(entry.name));
    return {
      kind: 'erase',
      partition: spanName(inside),
      extent,
      bytes: extent.length,
      risk: personal ? 'data' : 'low',
    };
  });
}

/** Places at the end of an eMMC that a PMT does not give an address (OTP): the scatter file counts them from the end. */
function reservedPlaces(layout: ScatterLayout, storage: StorageInfo, { kind }: PartitionTable): Extent[] {
  if (kind === 'gpt' || storage.nand) return [];
  const region = userRegion(storage.kind);
  const size = storage.regions.get(region) ?? 0;
  return layout.partitions.flatMap((partition): Extent[] => {
    if (partition.region !== region || partition.endRelativeBlocks === undefined) return [];
    const start = Math.max(0, size - (partition.endRelativeBlocks * layout.blockSize || partition.size));
    return [{ region, start, length: Math.min(partition.size || size, size - start) }];
  });
}

/** On NAND the preloader lies among the partitions. It stays until the new one takes its place: without one no phone answers. */
function preloaderOnNand({ nand }: StorageInfo, ...tables: PartitionTable[]): Extent[] {
  if (!nand) return [];
  const places = tables.map((table) => table.partitions.find(({ name }) => name.toLowerCase() === 'preloader'));
  const place = places.at(-1) ?? places[0];
  return place ? [extentOf(place)] : [];
}

/** What a new system cannot use, partition by partition; images empty their own partitions. */
function emptyPartitions(facts: FirmwareFacts, table: PartitionTable, kept: readonly KeptPartition[]): EraseStep[] {
  const spared = new Set([
    ...kept.map((each) => each.name.toLowerCase()),
    ...facts.selected.map((fact) => fact.partition.name.toLowerCase()),
  ]);
  return table.partitions
    .filter((entry) => !spared.has(entry.name.toLowerCase()) && isEmptiedByUpgrade(entry.name))
    .map((entry) => ({
      kind: 'erase',
      partition: entry.name,
      extent: extentOf(entry),
      bytes: entry.length,
      risk: holdsPersonalData(entry.name) ? 'data' : 'low',
    }));
}

/** `lk … boot` */
function spanName(entries: readonly PartitionEntry[]): string {
  const [first, ...others] = entries;
  const last = others.at(-1);
  if (!first) return 'free space';
  return last ? `${first.name} … ${last.name}` : first.name;
}

function overlaps(a: Extent, b: Extent): boolean {
  return a.region === b.region && a.start < b.start + b.length && b.start < a.start + a.length;
}

function extentOf({ region, start, length }: PartitionEntry): Extent {
  return { region, start, length };
}
