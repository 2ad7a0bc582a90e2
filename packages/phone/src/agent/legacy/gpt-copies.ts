import { ascii, concat, crc32, GPT_SIGNATURE, GptEntry, GptHeader, latin1, viewOf } from '@unbrick/core/wire';
import type { PhoneStorage } from '../../storage/phone-storage.js';
import { SECTOR } from './address-range.js';
import type { TableEntry } from './table-entry.js';

const ENTRY_COUNT = 128;
/** Sectors of one copy's entries: 128 of 128 bytes. */
const ENTRY_SECTORS = (ENTRY_COUNT * GptEntry.size) / SECTOR;
const REVISION = 0x10000;
/** EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, as it lies on the disk: "basic data". */
const BASIC_DATA = Uint8Array.of(
  0xa2,
  0xa0,
  0xd0,
  0xeb,
  0xe5,
  0xb9,
  0x33,
  0x44,
  0x87,
  0xc0,
  0x68,
  0xb6,
  0xb7,
  0x26,
  0x99,
  0xc7,
);
/** Larger counts are damage, not tables. */
const MAX_ENTRIES = 1024;
/** Name field of an entry, UTF-16 units. */
const NAME_UNITS = 36;

export interface GptCopies {
  primary?: TableEntry[];
  secondary?: TableEntry[];
}

/** Both copies of the GPT in the user region, each only when its checksums are right. */
export async function readGpt(storage: PhoneStorage): Promise<GptCopies> {
  const sectors = userSectors(storage);
  const primary = await readCopy(storage, 1);
  const secondary = await readCopy(storage, sectors - 1);
  return { ...(primary && { primary }), ...(secondary && { secondary }) };
}

async function readCopy(storage: PhoneStorage, headerSector: number): Promise<TableEntry[] | undefined> {
  const sector = (await storage.read('user', headerSector * SECTOR, SECTOR)).slice();
  if (!GPT_SIGNATURE_BYTES.every((byte, i) => sector[i] === byte)) return undefined;
  try {
    const header = GptHeader.parse(sector);
    if (header.headerSize < GptHeader.size || header.headerSize > SECTOR) return undefined;
    viewOf(sector).setUint32(GptHeader.offsets.headerCrc, 0, true);
    if (crc32(sector.subarray(0, header.headerSize)) !== header.headerCrc) return undefined;
    if (header.entryCount > MAX_ENTRIES || header.entrySize < GptEntry.size || header.entrySize > SECTOR) {
      return undefined;
    }
    const bytes = header.entryCount * header.entrySize;
    const raw = await storage.read('user', header.entriesLba * SECTOR, bytes);
    if (crc32(raw) !== header.entriesCrc) return undefined;
    const entries: TableEntry[] = [];
    for (let at = 0; at < bytes; at += header.entrySize) {
      const { typeGuid, firstLba, lastLba, name } = GptEntry.parse(raw, at);
      if (typeGuid.every((byte) => byte === 0)) continue;
      entries.push({ name: utf16(name), start: firstLba * SECTOR, size: (lastLba - firstLba + 1) * SECTOR });
    }
    return entries;
  } catch (failure) {
    if (failure instanceof RangeError) return undefined; // points outside the storage: not a table
    throw failure;
  }
}

const GPT_SIGNATURE_BYTES = ascii(GPT_SIGNATURE);

/** Writes one copy: the first with its protective MBR at the start of the user region, or the second at its end. */
export async function writeGptCopy(
  storage: PhoneStorage,
  which: 'primary' | 'secondary',
  entries: readonly TableEntry[],
): Promise<void> {
  const sectors = userSectors(storage);
  const raw = new Uint8Array(ENTRY_COUNT * GptEntry.size);
  entries.forEach((entry, i) => {
    raw.set(
      GptEntry.build({
        typeGuid: BASIC_DATA,
        uniqueGuid: guid(`${entry.name}/${i}`),
        firstLba: entry.start / SECTOR,
        lastLba: (entry.start + entry.size) / SECTOR - 1,
        attributes: new Uint8Array(8),
        name: fromText(entry.name),
      }),
      i * GptEntry.size,
    );
  });
  const first = which === 'primary';
  const header = {
    signature: GPT_SIGNATURE_BYTES,
    revision: REVISION,
    headerSize: GptHeader.size,
    headerCrc: 0,
    reserved: 0,
    currentLba: first ? 1 : sectors - 1,
    backupLba: first ? sectors - 1 : 1,
    firstUsableLba: 2 + ENTRY_SECTORS,
    lastUsableLba: sectors - ENTRY_SECTORS - 2,
    diskGuid: guid('disk'),
    entriesLba: first ? 2 : sectors - 1 - ENTRY_SECTORS,
    entryCount: ENTRY_COUNT,
    entrySize: GptEntry.size,
    entriesCrc: crc32(raw),
  };
  header.headerCrc = crc32(GptHeader.build(header));
  const headerSector = new Uint8Array(SECTOR);
  headerSector.set(GptHeader.build(header));
  if (first) await storage.write('user', 0, concat(protectiveMbr(sectors), headerSector, raw));
  else await storage.write('user', header.entriesLba * SECTOR, concat(raw, headerSector));
}

/** The room that partitions may take up, bytes from the start of the user region. */
export function usableEnd(storage: PhoneStorage): number {
  return (userSectors(storage) - ENTRY_SECTORS - 1) * SECTOR;
}

function userSectors(storage: PhoneStorage): number {
  return Math.floor((storage.regions.get('user') ?? 0) / SECTOR);
}

/** One partition of type 0xEE over the whole disk. */
function protectiveMbr(sectors: number): Uint8Array {
  const sector = new Uint8Array(SECTOR);
  const view = viewOf(sector);
  sector.set([0x00, 0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff], 446);
  view.setUint32(446 + 8, 1, true);
  view.setUint32(446 + 12, Math.min(sectors - 1, 0xffffffff), true);
  view.setUint16(510, 0xaa55, true);
  return sector;
}

/** A GUID that only depends on the text: a phone's table does not change when it is written again. */
function guid(seed: string): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = viewOf(bytes);
  for (let i = 0; i < 4; i++) view.setUint32(4 * i, crc32(ascii(`${i} ${seed}`)), true);
  bytes[7] = ((bytes[7] as number) & 0x0f) | 0x40; // version 4 ...
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80; // ... and variant bits, as partitioning tools expect
  return bytes;
}

function utf16(raw: Uint8Array): string {
  return latin1(raw.filter((_, i) => i % 2 === 0));
}

function fromText(name: string): Uint8Array {
  const raw = new Uint8Array(2 * NAME_UNITS);
  for (let i = 0; i < Math.min(name.length, NAME_UNITS); i++) viewOf(raw).setUint16(2 * i, name.charCodeAt(i), true);
  return raw;
}
