import { LegacyPmtEntry, struct, text, u32, u64 } from '../wire/index.js';
import type { PartitionEntry, Region } from './storage.js';

/** Earliest form, on NAND and the first eMMC phones. */
export const PmtEntry32 = struct('little', { name: text(64), size: u32, offset: u32, mask: u32 });
/** First form with 64-bit numbers. */
export const PmtEntry64 = struct('little', { name: text(64), size: u64, offset: u64, mask: u64 });

interface RawEntry {
  name: string;
  /** Bytes. */
  size: number;
  /** Bytes from the start of its region, or of all regions in a row. */
  offset: number;
  /** Number of the region where the form tells it. */
  partId?: number;
}

interface Form {
  /** Bytes of one entry. */
  size: number;
  parse(bytes: Uint8Array, offset: number): RawEntry;
}

/** The newest form is the one that is in wire/legacy.ts: agents send it too. */
const FORMS: readonly Form[] = [LegacyPmtEntry, PmtEntry64, PmtEntry32];

const NAME = /^[A-Za-z_][\w.-]*$/;
/** Regions by the number that newer tables give. */
const REGIONS: readonly (Region | undefined)[] = [
  undefined,
  'boot1',
  'boot2',
  'rpmb',
  'gp1',
  'gp2',
  'gp3',
  'gp4',
  'user',
];

/**
 * The partitions in an area of eMMC PMT entries: the list ends at the first entry without a size. Nothing marks the form of
 * the entries; it is the one in which they line up. Empty when none does.
 */
export function pmtPartitions(area: Uint8Array): PartitionEntry[] {
  return placed(bestReading(area));
}

/**
 * As {@link pmtPartitions}, for a NAND: one region, whose addresses the entries give. The pool of spare blocks, which ends
 * the list, is no place that can be addressed and is left out.
 */
export function nandPmtPartitions(area: Uint8Array): PartitionEntry[] {
  const entries = bestReading(area);
  const pool = entries.findIndex(({ name }) => name.toUpperCase() === 'BMTPOOL');
  return (pool < 0 ? entries : entries.slice(0, pool)).map(({ name, offset, size }) => ({
    name,
    region: 'nand',
    start: offset,
    length: size,
  }));
}

function bestReading(area: Uint8Array): RawEntry[] {
  let best: { entries: RawEntry[]; gaps: number } | undefined;
  for (const form of FORMS) {
    const entries = readAs(area, form);
    const gaps = entries && gapsIn(entries);
    if (!entries || gaps === undefined) continue;
    // With a wrong stride the list breaks off early; between equals, neighbours touch each other in the right one.
    if (!best || entries.length > best.entries.length || (entries.length === best.entries.length && gaps < best.gaps)) {
      best = { entries, gaps };
    }
  }
  return best?.entries ?? [];
}

function readAs(area: Uint8Array, form: Form): RawEntry[] | undefined {
  const entries: RawEntry[] = [];
  for (let at = 0; at + form.size <= area.length; at += form.size) {
    // Erased flash behind the last entry.
    if (area[at] === 0xff) break;
    let entry: RawEntry;
    try {
      entry = form.parse(area, at);
    } catch (error) {
      // A number beyond any storage: the fields are not where this form expects them.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
    if (entry.size === 0 || entry.name === '') break;
    if (!NAME.test(entry.name)) return undefined;
    entries.push(entry);
  }
  return entries.length > 0 ? entries : undefined;
}

/** Bytes between entries; undefined when entries overlap or do not ascend. */
function gapsIn(entries: readonly RawEntry[]): number | undefined {
  let gaps = 0;
  for (const [i, entry] of entries.entries()) {
    const before = entries[i - 1];
    // The boot area is a region of its own, and so is what begins at 0 again under another number.
    if (!before || isPreloader(before) || (before.partId !== entry.partId && entry.offset === 0)) continue;
    const gap = entry.offset - (before.offset + before.size);
    if (gap < 0) return undefined;
    gaps += gap;
  }
  return gaps;
}

function isPreloader({ name }: RawEntry): boolean {
  return name.toLowerCase() === 'preloader';
}

/**
 * Gives each entry its region and its place in it. Some tables count one address through all regions: the user area then
 * begins where the MBR, its first sector by definition, is said to be, or where the preloader's entry ends.
 */
function placed(entries: readonly RawEntry[]): PartitionEntry[] {
  const located = entries.map((entry) => ({
    ...entry,
    region: isPreloader(entry) ? 'boot1' : (REGIONS[entry.partId ?? 0] ?? 'user'),
  }));
  const inUser = located.filter(({ region }) => region === 'user');
  const boot = located.find(({ region }) => region === 'boot1');
  const bootEnd = boot ? boot.offset + boot.size : 0;
  const shift =
    inUser.find(({ name }) => name.toUpperCase() === 'MBR')?.offset ??
    (inUser.every(({ offset }) => offset >= bootEnd) ? bootEnd : 0);
  return located
    .map(({ name, region, offset, size }) => ({
      name,
      region,
      start: region === 'user' ? Math.max(0, offset - shift) : offset,
      length: size,
    }))
    .sort((a, b) => Number(a.region === 'user') - Number(b.region === 'user') || a.start - b.start);
}
