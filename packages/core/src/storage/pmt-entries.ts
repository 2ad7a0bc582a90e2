import { LegacyPmtEntry, struct, text, u32, u64 } from '../wire/index.js';
import type { PartitionEntry, PmtEntry, PmtForm, Region } from './storage.js';

/** Earliest form, on NAND and the first eMMC phones. */
export const PmtEntry32 = struct('little', { name: text(64), size: u32, offset: u32, mask: u32 });
/** First form with 64-bit numbers. */
export const PmtEntry64 = struct('little', { name: text(64), size: u64, offset: u64, mask: u64 });

interface EntryLayout {
  readonly size: number;
  parse(bytes: Uint8Array, offset: number): PmtEntry;
  build(entry: Required<PmtEntry>): Uint8Array;
}

/** The newest form is the one that is in wire/legacy.ts: agents send it too. */
const FORMS: Readonly<Record<PmtForm, EntryLayout>> = {
  '64-bit with region': LegacyPmtEntry,
  '64-bit': PmtEntry64,
  '32-bit': PmtEntry32,
};

const NAME_ROOM = 64;
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

/** The forms, likeliest first. */
export const PMT_FORMS = Object.keys(FORMS) as readonly PmtForm[];

/** Addresses from here to 4 GiB are none: they count blocks from the end of the chip. */
export const END_RELATIVE = 0xffff0000;

/** Entries as they stand in a list, and in which form. */
export interface PmtList {
  form: PmtForm;
  entries: PmtEntry[];
}

/**
 * Reads an area of PMT entries: the list ends at the first entry without a size. Nothing marks the form of the entries; it is
 * the one in which they line up. Undefined when none does.
 */
export function readPmtList(area: Uint8Array): PmtList | undefined {
  let best: (PmtList & { gaps: number }) | undefined;
  for (const form of PMT_FORMS) {
    const entries = readAs(area, FORMS[form]);
    const gaps = entries && gapsIn(entries);
    if (!entries || gaps === undefined) continue;
    // With a wrong stride the list breaks off early; between equals, neighbours touch each other in the right one.
    if (!best || entries.length > best.entries.length || (entries.length === best.entries.length && gaps < best.gaps)) {
      best = { form, entries, gaps };
    }
  }
  return best && { form: best.form, entries: best.entries };
}

/** @throws RangeError for a number that the form has no room for, or a name that is too long */
export function buildPmtEntries(entries: readonly PmtEntry[], form: PmtForm): Uint8Array[] {
  const most = form === '32-bit' ? 0xffffffff : Number.MAX_SAFE_INTEGER;
  return entries.map((entry) => {
    const { name, size, offset } = entry;
    if (size > most || offset > most) throw new RangeError(`${name} has no room in a list of the ${form} form`);
    if (name.length >= NAME_ROOM) throw new RangeError(`${name}: a name has ${NAME_ROOM - 1} characters at most`);
    return FORMS[form].build({ partId: 0, ...entry });
  });
}

/** The partitions of an eMMC list, boot areas first. */
export function pmtPartitions(entries: readonly PmtEntry[]): PartitionEntry[] {
  const shift = userShift(entries);
  return entries
    .filter((entry) => !isReservedPlace(entry))
    .map((entry): PartitionEntry => {
      const region = regionOfEntry(entry);
      const start = region === 'user' ? Math.max(0, entry.offset - shift) : entry.offset;
      return { name: entry.name, region, start, length: entry.size };
    })
    .sort((a, b) => Number(a.region === 'user') - Number(b.region === 'user') || a.start - b.start);
}

/**
 * As {@link pmtPartitions}, for a NAND: one region, whose addresses the entries give. The pool of spare blocks, which ends
 * the list, is no place that can be addressed and is left out.
 */
export function nandPmtPartitions(entries: readonly PmtEntry[]): PartitionEntry[] {
  const pool = entries.findIndex(isPool);
  return (pool < 0 ? entries : entries.slice(0, pool)).map(({ name, offset, size }) => ({
    name,
    region: 'nand',
    start: offset,
    length: size,
  }));
}

function readAs(area: Uint8Array, form: EntryLayout): PmtEntry[] | undefined {
  const entries: PmtEntry[] = [];
  for (let at = 0; at + form.size <= area.length; at += form.size) {
    // Erased flash behind the last entry.
    if (area[at] === 0xff) break;
    let entry: PmtEntry;
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
function gapsIn(entries: readonly PmtEntry[]): number | undefined {
  let gaps = 0;
  const placed = entries.filter((entry) => !isReservedPlace(entry));
  for (const [i, entry] of placed.entries()) {
    const before = placed[i - 1];
    // The boot area is a region of its own, and so is what begins at 0 again under another number.
    if (!before || isPreloader(before) || (before.partId !== entry.partId && entry.offset === 0)) continue;
    const gap = entry.offset - (before.offset + before.size);
    if (gap < 0) return undefined;
    gaps += gap;
  }
  return gaps;
}

function isPreloader({ name }: PmtEntry): boolean {
  return name.toLowerCase() === 'preloader';
}

function isPool({ name }: PmtEntry): boolean {
  return name.toUpperCase() === 'BMTPOOL';
}

/** What lists of phones name at the end without giving it a place that could be addressed. */
export function isReservedPlace(entry: PmtEntry): boolean {
  const fromEnd = entry.offset >= END_RELATIVE && entry.offset <= 0xffffffff;
  return isPool(entry) || (fromEnd && /^(rsv_)?otp$/i.test(entry.name));
}

/** The region an entry of an eMMC list is about. */
export function regionOfEntry(entry: PmtEntry): Region {
  return isPreloader(entry) ? 'boot1' : (REGIONS[entry.partId ?? 0] ?? 'user');
}

/**
 * Where the user area begins in the addresses of an eMMC list. Some lists count one address through all regions: it is then
 * where the MBR, its first sector by definition, is said to be, or where the preloader's entry ends.
 */
export function userShift(entries: readonly PmtEntry[]): number {
  const inUser = entries.filter((entry) => regionOfEntry(entry) === 'user' && !isReservedPlace(entry));
  const boot = entries.find((entry) => regionOfEntry(entry) === 'boot1');
  const bootEnd = boot ? boot.offset + boot.size : 0;
  return (
    inUser.find(({ name }) => name.toUpperCase() === 'MBR')?.offset ??
    (inUser.every(({ offset }) => offset >= bootEnd) ? bootEnd : 0)
  );
}
