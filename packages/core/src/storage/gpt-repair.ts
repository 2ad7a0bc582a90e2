import { crc32, GptHeader, viewOf } from '../wire/index.js';
import { type GptCopy, readGptCopy } from './gpt.js';
import type { ReadBytes } from './read-bytes.js';
import type { TableRepairPlan } from './repair-plan.js';
import type { Extent, Region } from './storage.js';

/** Boot code, then the partition that keeps old tools away from a GPT. */
const MBR_ENTRY = 446;
const PROTECTIVE_TYPE = 0xee;
const MBR_SIGNATURE = [0x55, 0xaa];

/**
 * How a damaged copy of a GPT is made whole from the other: all entries with their identities and attributes, a header for
 * its own place, and for the primary copy the protective boot record in front, unless a boot record is there already.
 * Pure but for `read`.
 * @param regionSize bytes
 * @throws what `read` throws
 */
export async function planGptRepair(
  read: ReadBytes,
  regionSize: number,
  sectorSize: number,
  region: Region,
): Promise<TableRepairPlan> {
  const last = Math.floor(regionSize / sectorSize) - 1;
  const primary = await readGptCopy(read, 1, regionSize, sectorSize);
  const backup = await readGptCopy(read, last, regionSize, sectorSize);
  if ('header' in primary && 'header' in backup) {
    if (primary.header.entriesCrc === backup.header.entriesCrc)
      return { whole: true, why: 'both copies are valid and alike' };
    return { whole: false, why: 'both copies are valid but list different partitions: which is right cannot be told' };
  }
  if ('why' in primary && 'why' in backup) {
    return { whole: false, why: `no copy is valid (primary: ${primary.why}; backup: ${backup.why})` };
  }
  const made = 'why' in primary ? primaryFrom(backup, last, sectorSize) : backupFrom(primary, last, sectorSize);
  if (typeof made === 'string') return { whole: false, why: made };
  if ('why' in primary) {
    await keepBootRecord(read, made.bytes, sectorSize, last);
    return { repair: { name: 'pgpt', copy: 'primary', why: primary.why, extent: at(region, made), bytes: made.bytes } };
  }
  const why = 'why' in backup ? backup.why : '';
  return { repair: { name: 'sgpt', copy: 'backup', why, extent: at(region, made), bytes: made.bytes } };
}

interface Made {
  start: number;
  bytes: Uint8Array;
}

function at(region: Region, { start, bytes }: Made): Extent {
  return { region, start, length: bytes.length };
}

/** Boot record, header, entries; the boot record stays empty here. */
function primaryFrom(copy: GptCopy, last: number, sectorSize: number): Made | string {
  if ('why' in copy) return copy.why;
  const sectors = Math.ceil(copy.entries.length / sectorSize);
  const first = copy.header.firstUsableLba;
  if (2 + sectors > first)
    return `its ${sectors} sectors of entries do not fit before the first partition (sector ${first})`;
  const bytes = new Uint8Array((2 + sectors) * sectorSize);
  bytes.set(headerFor(copy.header, { currentLba: 1, backupLba: last, entriesLba: 2 }), sectorSize);
  bytes.set(copy.entries, 2 * sectorSize);
  return { start: 0, bytes };
}

/** Entries, header. */
function backupFrom(copy: GptCopy, last: number, sectorSize: number): Made | string {
  if ('why' in copy) return copy.why;
  const sectors = Math.ceil(copy.entries.length / sectorSize);
  const end = copy.header.lastUsableLba;
  if (last - sectors <= end)
    return `its ${sectors} sectors of entries do not fit behind the last partition (sector ${end})`;
  const bytes = new Uint8Array((sectors + 1) * sectorSize);
  bytes.set(copy.entries);
  const place = { currentLba: last, backupLba: 1, entriesLba: last - sectors };
  bytes.set(headerFor(copy.header, place), sectors * sectorSize);
  return { start: (last - sectors) * sectorSize, bytes };
}

type HeaderFields = Parameters<typeof GptHeader.build>[0];

function headerFor(
  header: HeaderFields,
  place: Pick<HeaderFields, 'currentLba' | 'backupLba' | 'entriesLba'>,
): Uint8Array {
  const fields = { ...header, ...place, headerSize: GptHeader.size, headerCrc: 0 };
  return GptHeader.build({ ...fields, headerCrc: crc32(GptHeader.build(fields)) });
}

async function keepBootRecord(read: ReadBytes, bytes: Uint8Array, sectorSize: number, last: number): Promise<void> {
  const sector = await read(0, sectorSize);
  if (MBR_SIGNATURE.every((byte, i) => sector[510 + i] === byte)) {
    bytes.set(sector);
    return;
  }
  const count = Math.min(last, 0xffffffff);
  bytes.set([0, 0, 2, 0, PROTECTIVE_TYPE, 0xff, 0xff, 0xff], MBR_ENTRY);
  viewOf(bytes).setUint32(MBR_ENTRY + 8, 1, true);
  viewOf(bytes).setUint32(MBR_ENTRY + 12, count, true);
  bytes.set(MBR_SIGNATURE, 510);
}
