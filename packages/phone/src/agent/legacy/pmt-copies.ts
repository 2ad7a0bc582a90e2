import { ascii, concat, struct, text, u32, u64 } from '@unbrick/core/wire';
import type { PhoneStorage } from '../../storage/phone-storage.js';
import type { TableEntry } from './table-entry.js';

/** The table lies this far before the end of the user region; its mirror follows. */
const FROM_END = 0x100000;
const COPY_SIZE = 0x1000;
const HEAD_SIZE = 8;
const MAGIC_SIZE = 4;
const VERSION = ascii('1.0\0');

/** Magic words of main copy and mirror, lowest byte first. */
const MAGICS = [
  { generation: 1, main: ascii('1vTP'), mirror: ascii('1TPM') },
  { generation: 3, main: ascii('3vTP'), mirror: ascii('3TPM') },
] as const;

const EntryWide = struct('little', { name: text(64), size: u64, partId: u64, offset: u64, mask: u64 });
const EntryPlain = struct('little', { name: text(64), size: u64, offset: u64, mask: u64 });
const EntryNarrow = struct('little', { name: text(64), size: u32, offset: u32, mask: u32 });

export interface PmtEntry extends TableEntry {
  /** eMMC region number, when the form has room for it. */
  partId?: number;
  mask: number;
}

type Form = 'wide' | 'plain' | 'narrow';
const SIZES: Record<Form, number> = { wide: EntryWide.size, plain: EntryPlain.size, narrow: EntryNarrow.size };

export interface Pmt {
  generation: 1 | 3;
  form: Form;
  entries: PmtEntry[];
}

/** The partition table of phones before GPT: the main copy, else the mirror, else nothing. */
export async function readPmt(storage: PhoneStorage): Promise<Pmt | undefined> {
  const start = (storage.regions.get('user') ?? 0) - FROM_END;
  if (start < 0) return undefined;
  const main = await storage.read('user', start, COPY_SIZE);
  const mirror = await storage.read('user', start + COPY_SIZE, COPY_SIZE);
  return parseCopy(main, 'main') ?? parseCopy(mirror, 'mirror');
}

function parseCopy(copy: Uint8Array, which: 'main' | 'mirror'): Pmt | undefined {
  for (const magics of MAGICS) {
    const magic = magics[which];
    if (!holdsAt(copy, 0, magic) || !holdsAt(copy, 4, VERSION) || !holdsAt(copy, COPY_SIZE - MAGIC_SIZE, magic)) {
      continue;
    }
    // The forms do not say which one they are; with the wrong stride a name soon begins with something else.
    for (const form of magics.generation === 3 ? (['wide'] as const) : (['plain', 'wide', 'narrow'] as const)) {
      const entries = parseEntries(copy.subarray(HEAD_SIZE, COPY_SIZE - MAGIC_SIZE), form);
      if (entries) return { generation: magics.generation, form, entries };
    }
  }
  return undefined;
}

/** The entries up to the first of size 0, or nothing when they make no sense in this form. */
function parseEntries(list: Uint8Array, form: Form): PmtEntry[] | undefined {
  const entries: PmtEntry[] = [];
  for (let at = 0; at + SIZES[form] <= list.length; at += SIZES[form]) {
    if (list.subarray(at, at + SIZES[form]).every((byte) => byte === 0)) break;
    const entry = parseEntry(list, at, form);
    if (!entry || !/^[\w.-]+$/.test(entry.name)) return undefined;
    if (entry.size === 0) break;
    entries.push(entry);
  }
  return entries.length > 0 ? entries : undefined;
}

function parseEntry(list: Uint8Array, at: number, form: Form): PmtEntry | undefined {
  try {
    if (form === 'wide') {
      const { name, size, offset, partId, mask } = EntryWide.parse(list, at);
      return { name, size, start: offset, partId, mask };
    }
    const { name, size, offset, mask } = form === 'plain' ? EntryPlain.parse(list, at) : EntryNarrow.parse(list, at);
    return { name, size, start: offset, mask };
  } catch (failure) {
    if (failure instanceof RangeError) return undefined; // a 64-bit number no storage has
    throw failure;
  }
}

/** Entries that one copy of this form holds at most. */
export function pmtCapacity(form: Form): number {
  return Math.floor((COPY_SIZE - HEAD_SIZE - MAGIC_SIZE) / SIZES[form]);
}

/** Writes main copy and mirror. @throws RangeError when there are more entries than {@link pmtCapacity} */
export async function writePmt(storage: PhoneStorage, table: Pmt): Promise<void> {
  const list = concat(...table.entries.map((entry) => buildEntry(entry, table.form)));
  const magics = table.generation === 3 ? MAGICS[1] : MAGICS[0];
  const start = (storage.regions.get('user') ?? 0) - FROM_END;
  for (const [at, magic] of [
    [start, magics.main],
    [start + COPY_SIZE, magics.mirror],
  ] as const) {
    const copy = new Uint8Array(COPY_SIZE);
    copy.set(magic);
    copy.set(VERSION, MAGIC_SIZE);
    copy.set(list, HEAD_SIZE);
    copy.set(magic, COPY_SIZE - MAGIC_SIZE);
    await storage.write('user', at, copy);
  }
}

function buildEntry(entry: PmtEntry, form: Form): Uint8Array {
  const { name, size, start: offset, mask, partId = 0 } = entry;
  if (form === 'wide') return EntryWide.build({ name, size, partId, offset, mask });
  return (form === 'plain' ? EntryPlain : EntryNarrow).build({ name, size, offset, mask });
}

function holdsAt(whole: Uint8Array, at: number, part: Uint8Array): boolean {
  return part.every((byte, i) => whole[at + i] === byte);
}
