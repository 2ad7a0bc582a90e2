import { UnbrickError } from '../errors/unbrick-error.js';
import { ascii, bytes, hex, struct, text, u16, u32, u64, viewOf } from '../wire/index.js';
import type { EmiEntry, EmiTable } from './emi-table.js';

/** Begins every table; two decimal digits follow: the version. */
export const EMI_TAG = 'MTK_BLOADER_INFO_v';

/** What stands before the entries, the same in all versions. See docs/protocol/preloader.md, "Memory settings". */
export const EmiHeader = struct('little', {
  tag: text(0x1b),
  fileName: text(0x3d),
  builder: text(4),
  marker: u32,
  unknown: u16,
  entriesOffset: u16,
  kind: text(8),
  count: u32,
});
const EMI_KIND = 'MTK_BIN';
const TAG_BYTES = ascii(EMI_TAG);
const KIND_BYTES = ascii(EMI_KIND);
/** The largest real table has a few dozen entries. */
const MAX_ENTRIES = 256;
/** Enough to tell an entry from noise in every layout. */
const HEAD_SIZE = 0x28;

interface EntryHead {
  type: number;
  id: Uint8Array;
  idLength: number;
  firmwareId: Uint8Array;
  firmwareIdLength: number;
}

/** Where type and id lie at the beginning of an entry. */
type Layout = (entry: Uint8Array) => EntryHead;

const LayoutA = struct('little', { type: u32, id: bytes(12) });
const LayoutB = struct('little', {
  subVersion: u32,
  type: u32,
  idLength: u32,
  firmwareIdLength: u32,
  id: bytes(16),
  firmwareId: bytes(8),
});
const LayoutC = struct('little', { type: u32, id: bytes(16), idLength: u32 });
const LayoutD = struct('little', { type: u32, idLength: u32, id: bytes(16) });

const NONE = new Uint8Array(0);
const plain = (head: { type: number; id: Uint8Array; idLength: number }): EntryHead => ({
  ...head,
  firmwareId: NONE,
  firmwareIdLength: 0,
});
/** Its id length is somewhere else in the entry; the part of a CID that identifies a chip has nine bytes. */
const layoutA: Layout = (entry) => {
  const head = LayoutA.parse(entry);
  return plain({ ...head, idLength: head.type >>> 8 === 0 ? 0 : 9 });
};
const layoutB: Layout = (entry) => LayoutB.parse(entry);
const layoutC: Layout = (entry) => plain(LayoutC.parse(entry));
const layoutD: Layout = (entry) => plain(LayoutD.parse(entry));

const LAYOUT_BY_VERSION = new Map<number, Layout>([
  [8, layoutA],
  [9, layoutA],
  [11, layoutC],
  [14, layoutC],
  [49, layoutD],
  [52, layoutD],
  [54, layoutD],
]);

/** Entry sizes in bytes and the versions that have them; a version under two sizes has seen both, likelier first. */
const VERSIONS_BY_SIZE: readonly (readonly [size: number, versions: readonly number[]])[] = [
  [140, [0]],
  [188, [0, 12, 13, 16, 20, 21, 27, 32]],
  [160, [25, 30, 31, 35, 36, 38, 39, 40, 45, 46, 47]],
  [176, [15, 17, 22]],
  [168, [11, 14]],
  [184, [10]],
  [144, [25, 28]],
  [164, [24]],
  [136, [8, 9]],
  [84, [49, 52, 54]],
];

/** Where the sizes of the four memory ranks lie, by entry size; of the sizes that are missing here it is not known. */
const RANKS_BY_SIZE: Readonly<Record<number, { offset: number; width: 4 | 8 | 'either' }>> = {
  188: { offset: 0x6c, width: 4 },
  184: { offset: 0x6c, width: 4 },
  176: { offset: 0x60, width: 4 },
  168: { offset: 0x90, width: 4 },
  160: { offset: 0x50, width: 8 },
  144: { offset: 0x50, width: 'either' },
  140: { offset: 0x4c, width: 4 },
  84: { offset: 0x18, width: 8 },
};
const LARGEST_RAM = 64 * 2 ** 30;

export interface FoundEmi {
  table: EmiTable;
  /** Entries the table says it has; more than `table.entries` when someone cut it off. */
  declaredCount: number;
}

/**
 * Finds the table in a preloader: directly before the signature, with its length in the word between; failing that, by its
 * tag. Undefined when the file has none.
 * @param file a preloader from its GFH to the end of its signature, or a bare table
 * @throws UnbrickError `EMI_UNREADABLE` when there is a table and it cannot be understood
 */
export function findEmiTable(file: Uint8Array, signatureLength: number): FoundEmi | undefined {
  const view = viewOf(file);
  let end = file.length - signatureLength;
  // Some files have a block of padding between the length word and the signature.
  if (end - 0x804 >= 0 && view.getUint32(end - 4, true) === 0) end -= 0x800;
  if (end >= 4) {
    const length = view.getUint32(end - 4, true);
    const start = end - 4 - length;
    if (start >= 0 && startsWith(file, start, TAG_BYTES)) return parseEmiTable(file.subarray(start, end - 4), true);
  }
  for (let at = lastTag(file, file.length); at >= 0; at = lastTag(file, at - 1)) {
    if (startsWith(file, at + EmiHeader.offsets.kind, KIND_BYTES)) return parseEmiTable(file.subarray(at), false);
  }
  return undefined;
}

/**
 * @param area begins with the tag
 * @param exact whether `area` ends where the table ends; otherwise anything may follow
 * @throws UnbrickError `EMI_UNREADABLE`
 */
export function parseEmiTable(area: Uint8Array, exact: boolean): FoundEmi {
  if (area.length < EmiHeader.size) throw unreadable([`${area.length} bytes, its head alone has ${EmiHeader.size}`]);
  const header = EmiHeader.parse(area);
  const version = header.tag.startsWith(EMI_TAG) ? header.tag.slice(EMI_TAG.length, EMI_TAG.length + 2) : '';
  if (!/^\d\d$/.test(version)) throw unreadable([`it begins with "${printable(header.tag)}"`]);
  if (header.kind !== EMI_KIND) throw unreadable([`"${printable(header.kind)}" stands where "${EMI_KIND}" belongs`]);
  if (header.count === 0 || header.count > MAX_ENTRIES) throw unreadable([`it claims ${header.count} entries`]);
  const form = chooseForm(area, Number(version), header.count, exact);
  if (!form) {
    throw unreadable([
      `version ${version}, ${header.count} entries in ${area.length - EmiHeader.size} bytes: no known entry size fits`,
    ]);
  }
  const { itemSize, layout, present } = form;
  const entriesEnd = EmiHeader.size + present * itemSize;
  const entries = Array.from({ length: present }, (_, i) =>
    entryOf(area.subarray(EmiHeader.size + i * itemSize, EmiHeader.size + (i + 1) * itemSize), layout),
  );
  return {
    table: {
      version: Number(version),
      itemSize,
      entries,
      blob: exact && present === header.count ? area : area.subarray(0, entriesEnd),
      list: area.subarray(EmiHeader.size, entriesEnd),
      fileName: header.fileName,
    },
    declaredCount: header.count,
  };
}

interface FormOfEntries {
  itemSize: number;
  layout: Layout;
  /** Entries that are there completely. */
  present: number;
}

/** The entry size is not stored: the first size for which every entry looks like one. */
function chooseForm(area: Uint8Array, version: number, count: number, exact: boolean): FormOfEntries | undefined {
  const body = area.length - EmiHeader.size;
  const likely = LAYOUT_BY_VERSION.get(version) ?? layoutB;
  const layouts = [likely, ...[layoutB, layoutD, layoutC, layoutA].filter((layout) => layout !== likely)];
  const view = viewOf(area);
  const own = VERSIONS_BY_SIZE.filter(([, versions]) => versions.includes(version)).map(([size]) => size);
  const known = [...own, ...VERSIONS_BY_SIZE.map(([size]) => size)];
  // A table that was cut out of a preloader together with its length word tells its own size.
  const told = known.filter((size) => {
    const end = EmiHeader.size + count * size;
    return end + 4 <= area.length && view.getUint32(end, true) === end;
  });
  const whole = body % (count * 4) === 0 && body / count >= HEAD_SIZE ? [body / count] : [];
  const sizes = exact
    ? [...whole, ...known]
    : [...told, ...own.filter((size) => whole.includes(size)), ...own, ...whole, ...known];
  for (const complete of [true, false]) {
    for (const layout of layouts) {
      for (const itemSize of sizes) {
        const present = Math.min(count, Math.floor(body / itemSize));
        if (present === 0 || (present === count) !== complete) continue;
        if (allPlausible(area, itemSize, present, layout)) return { itemSize, layout, present };
      }
    }
  }
  return undefined;
}

function allPlausible(area: Uint8Array, itemSize: number, present: number, layout: Layout): boolean {
  let real = 0;
  for (let i = 0; i < present; i++) {
    const start = EmiHeader.size + i * itemSize;
    const head = area.subarray(start, start + HEAD_SIZE);
    if (head.length < HEAD_SIZE) return false;
    if (isUniform(head)) continue;
    if (!isPlausible(layout(head))) return false;
    real++;
  }
  return real > 0;
}

function isPlausible({ type, id, idLength, firmwareId, firmwareIdLength }: EntryHead): boolean {
  const storageClass = type >>> 8;
  const dramKind = type & 0xff;
  if (![0, 1, 2, 3, 0xf].includes(storageClass) || dramKind === 0 || dramKind > 0xf) return false;
  return idLength <= id.length && firmwareIdLength <= firmwareId.length && (storageClass !== 2 || idLength > 0);
}

/** Fillers repeat one byte (0xFF, 0x33, 0x44). */
function isUniform(head: Uint8Array): boolean {
  return head[0] !== 0 && head.every((byte) => byte === head[0]);
}

function entryOf(entry: Uint8Array, layout: Layout): EmiEntry {
  const { type, id, idLength, firmwareId, firmwareIdLength } = layout(entry);
  const filler = isUniform(entry.subarray(0, HEAD_SIZE));
  const storageClass = filler ? 0xf : type >>> 8;
  return {
    bytes: entry,
    storageClass,
    dramKind: filler ? 0 : type & 0xff,
    id: filler || storageClass === 0 ? NONE : id.subarray(0, idLength),
    firmwareId: filler ? NONE : firmwareId.subarray(0, firmwareIdLength),
    ramSize: filler ? 0 : ramSizeOf(entry),
  };
}

/** Sum of the four rank sizes in bytes; 0 when the place is not known or what stands there is no memory size. */
function ramSizeOf(entry: Uint8Array): number {
  const ranks = RANKS_BY_SIZE[entry.length];
  if (!ranks) return 0;
  if (ranks.width !== 'either') return sumOfRanks(entry, ranks.offset, ranks.width);
  return sumOfRanks(entry, ranks.offset, 8) || sumOfRanks(entry, ranks.offset, 4);
}

function sumOfRanks(entry: Uint8Array, offset: number, width: 4 | 8): number {
  const field = width === 4 ? u32 : u64;
  const view = viewOf(entry);
  let sum = 0;
  for (let rank = 0; rank < 4; rank++) {
    let size: number;
    try {
      size = field.read(view, offset + rank * width, true);
    } catch (error) {
      if (error instanceof RangeError) return 0;
      throw error;
    }
    if (size % (1 << 20) !== 0) return 0;
    sum += size;
  }
  return sum <= LARGEST_RAM ? sum : 0;
}

function startsWith(file: Uint8Array, offset: number, wanted: Uint8Array): boolean {
  return wanted.every((byte, i) => file[offset + i] === byte);
}

/** Where the last tag that begins at or before `from` is; -1 when there is none. */
function lastTag(file: Uint8Array, from: number): number {
  const first = TAG_BYTES[0] as number;
  // A negative start would make lastIndexOf count from the end of the file.
  for (let at = from; at >= 0; at--) {
    at = file.lastIndexOf(first, at);
    if (at < 0 || startsWith(file, at, TAG_BYTES)) return at;
  }
  return -1;
}

function printable(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, (character) => `\\${hex(character.charCodeAt(0), 2).slice(1)}`);
}

function unreadable(evidence: string[]): UnbrickError {
  return new UnbrickError({
    code: 'EMI_UNREADABLE',
    stage: 'firmware',
    message: 'The memory settings in the preloader file cannot be understood.',
    evidence,
    next: [
      'Use the preloader of a complete firmware made for exactly this model.',
      'Connect the phone without holding keys: a phone in preloader mode does not need them.',
    ],
  });
}
