import { type StorageKind, userRegion } from '../../storage/storage.js';
import { hex } from '../../wire/index.js';
import type { RawPartition } from './read-partition.js';
import type { ScatterPartition, ScatterRegion } from './scatter.js';
import type { ScatterProblems } from './scatter-problems.js';
import { endRelativeOf, storageOfRegion } from './scatter-values.js';

/** Most partitions the original tool takes. */
const PARTITION_LIMIT = 128;

/**
 * What can only be seen on the partitions of a layout together: repeats, those of another storage, physical addresses that
 * were left at zero, overlaps. Returns the partitions that count, numbered anew.
 */
export function arrangeLayout(
  raw: readonly { partition: RawPartition; content: string }[],
  storage: StorageKind,
  problems: ScatterProblems,
): ScatterPartition[] {
  const partitions = withoutRepeats(raw, problems).filter((partition) => belongsTo(partition, storage, problems));
  recomputeStarts(partitions, storage, problems);
  if (partitions.length > PARTITION_LIMIT) {
    const line = (partitions[PARTITION_LIMIT] as RawPartition).line;
    problems.warn(
      line,
      'SCATTER_TOO_MANY_PARTITIONS',
      `There are ${partitions.length} partitions; the original tool takes ${PARTITION_LIMIT}.`,
    );
  }
  tellOverlaps(partitions, problems);
  tellEndlessInside(partitions, problems);
  return partitions.map(({ startMissing: _, ...partition }, index) => ({ ...partition, index }));
}

/** Some makers' files repeat the whole list: identical repeats are dropped, others are an error. */
function withoutRepeats(
  raw: readonly { partition: RawPartition; content: string }[],
  problems: ScatterProblems,
): RawPartition[] {
  const seen = new Map<string, { partition: RawPartition; content: string }>();
  const kept: RawPartition[] = [];
  for (const each of raw) {
    const { partition } = each;
    const key = partition.name.toLowerCase();
    const before = seen.get(key);
    if (!before) {
      seen.set(key, each);
      kept.push(partition);
    } else if (withoutIndex(before.content) === withoutIndex(each.content)) {
      problems.warn(
        partition.line,
        'SCATTER_PARTITION_REPEATED',
        `${partition.name} is described twice in the same words; the repeat is ignored.`,
      );
    } else {
      const ticked = partition.isDownload || before.partition.isDownload;
      const message = `${partition.name} is described twice and differently (lines ${before.partition.line} and ${partition.line}). The first is used.`;
      problems.tell(partition.line, ticked, 'SCATTER_PARTITION_REPEATED', message);
    }
  }
  return kept;
}

function withoutIndex(content: string): string {
  return content.replace(/^partition_index=.*\n?/m, '');
}

/** A file for several storages without sections mixes their partitions; the region tells them apart. */
function belongsTo(partition: RawPartition, storage: StorageKind, problems: ScatterProblems): boolean {
  const kind = storageOfRegion(partition.region);
  // An SD or MMC card is addressed as an eMMC.
  if (kind === undefined || kind === storage || (kind === 'emmc' && storage === 'sdmmc')) return true;
  problems.tell(
    partition.line,
    partition.isDownload,
    'SCATTER_STORAGE_CONFLICT',
    `${partition.name} lies in the region ${partition.region}, which ${storage.toUpperCase()} storage does not have; it is left out.`,
  );
  return false;
}

/**
 * Generated files of the MBR generation leave every physical address at 0. The linear map puts the boot areas first, so the
 * place inside the user region is what lies beyond that region's first partition. See docs/protocol/scatter.md, "Linear and
 * physical addresses".
 */
function recomputeStarts(partitions: readonly RawPartition[], storage: StorageKind, problems: ScatterProblems): void {
  const user = partitions.filter((partition) => partition.region === userRegion(storage));
  const first = user[0];
  if (!first) return;
  const blank = user.filter((partition) => partition.startMissing || partition.start === 0);
  const ascending = blank.every((partition, i) => {
    const before = blank[i - 1];
    return !before || (partition.linearStart ?? -1) > (before.linearStart ?? -1);
  });
  const told = user.find((partition) => partition.startMissing);
  if (blank.length < 2 && !told) return;
  const base = first.linearStart === undefined ? undefined : first.linearStart - first.start;
  if (base === undefined || !ascending) {
    for (const partition of blank.slice(told ? 0 : 1)) {
      const message = `${partition.name} has no usable physical_start_addr, and its linear_start_addr does not tell its place either.`;
      problems.tell(partition.line, partition.isDownload, 'SCATTER_ADDRESS_UNKNOWN', message);
    }
    return;
  }
  for (const partition of blank) recomputeStart(partition, base, problems);
  if (blank.some((partition) => partition.start !== 0)) {
    const line = (blank.find((partition) => partition !== first) ?? first).line;
    const message = `The file leaves the physical addresses of ${blank.length} partitions empty; they were worked out from the linear ones.`;
    problems.warn(line, 'SCATTER_ADDRESS_RECOMPUTED', message);
  }
}

function recomputeStart(partition: RawPartition, base: number, problems: ScatterProblems): void {
  if (
    partition.linearStart === undefined ||
    (endRelativeOf(partition.linearStart) === undefined && partition.linearStart < base)
  ) {
    const message = `${partition.name} has no physical_start_addr and no linear_start_addr that would tell its place.`;
    problems.tell(partition.line, partition.isDownload, 'SCATTER_ADDRESS_UNKNOWN', message);
    return;
  }
  const endRelative = endRelativeOf(partition.linearStart);
  if (endRelative === undefined) {
    partition.start = partition.linearStart - base;
  } else {
    partition.start = partition.linearStart;
    partition.endRelativeBlocks = endRelative;
    partition.isReserved = true;
  }
}

/** Copies of one place: `boot1+boot2` and `boot1` overlap. */
function firstRegion(region: ScatterRegion): ScatterRegion {
  return region === 'boot1+boot2' ? 'boot1' : region === 'lu0+lu1' ? 'lu0' : region;
}

function tellOverlaps(partitions: readonly ScatterPartition[], problems: ScatterProblems): void {
  const byRegion = new Map<ScatterRegion, ScatterPartition[]>();
  for (const partition of partitions) {
    if (partition.region === 'none' || partition.endRelativeBlocks !== undefined || partition.size === 0) continue;
    const region = firstRegion(partition.region);
    const list = byRegion.get(region);
    if (list) list.push(partition);
    else byRegion.set(region, [partition]);
  }
  for (const list of byRegion.values()) {
    list.sort((a, b) => a.start - b.start || a.index - b.index);
    // The partition that reaches furthest so far: the next one must begin behind it.
    let reaching: ScatterPartition | undefined;
    for (const partition of list) {
      if (reaching && partition.start < reaching.start + reaching.size) tellOverlap(reaching, partition, problems);
      if (!reaching || partition.start + partition.size > reaching.start + reaching.size) reaching = partition;
    }
  }
}

function tellOverlap(a: ScatterPartition, b: ScatterPartition, problems: ScatterProblems): void {
  // Some files list `super` and its members over the same place; only one of the two is meant to be written.
  const isSuper = [a, b].some((each) => each.name.toLowerCase() === 'super');
  const end = hex(a.start + a.size);
  problems.tell(
    b.line,
    !isSuper && (a.isDownload || b.isDownload),
    'SCATTER_PARTITIONS_OVERLAP',
    `${a.name} (line ${a.line}) ends at ${end}, but ${b.name} begins at ${hex(b.start)}: they overlap.`,
  );
}

/** A size of 0 means the rest of the region; with another partition behind it, the rest ends there. */
function tellEndlessInside(partitions: readonly ScatterPartition[], problems: ScatterProblems): void {
  for (const partition of partitions) {
    if (partition.size !== 0 || partition.endRelativeBlocks !== undefined || partition.region === 'none') continue;
    const behind = partitions
      .filter((other) => other.region === partition.region && other.endRelativeBlocks === undefined)
      .filter((other) => other.start > partition.start)
      .sort((a, b) => a.start - b.start)[0];
    if (!behind) continue;
    problems.tell(
      partition.line,
      partition.isDownload,
      'SCATTER_SIZE_UNKNOWN',
      `${partition.name} has no size (0: the rest of the storage), but ${behind.name} (line ${behind.line}) lies behind it at ${hex(behind.start)}.`,
    );
  }
}
