/** The partition tables of phones before GPT: MBR with an extended chain, and the PMT (docs/protocol: partition tables). */
import { ascii, concat, encode, LegacyPart, struct, text, u32, u64 } from '@unbrick/core/wire';
import type { Profile, ProfilePartition } from '../profiles/profile.js';
import { regionOf } from '../profiles/profiles.js';
import type { TablePiece } from './gpt.js';

const SECTOR = 512;
/** Main copy: this far before the end of the user area; the mirror follows it. */
const PMT_FROM_END = 0x100000;
const PMT_SIZE = 0x1000;
/** Stored little-endian, so a dump shows `1vTP` and `1TPM`. */
const MAGICS = {
  1: { main: 0x50547631, mirror: 0x4d505431 },
  3: { main: 0x50547633, mirror: 0x4d505433 },
} as const;
const VERSION = ascii('1.0\0');

/** The 64-bit form of version 1, as eMMC phones keep it. */
const PmtEntry = struct('little', { name: text(64), size: u64, offset: u64, maskFlags: u64 });
/** Version 3 also tells the region. */
const PmtEntryV3 = struct('little', { name: text(64), size: u64, partId: u64, offset: u64, maskFlags: u64 });

const END_RELATIVE = 0xffff0000;
const RESERVE_BLOCK = 0x20000;

const LINUX = 0x83;
const EXTENDED = 0x05;

/** PMT main and mirror, and the MBR/EBR chain in the partitions of those names. */
export function pmtPieces(profile: Profile): TablePiece[] {
  const { regions, pmtVersion = 1 } = profile.storage;
  const size = regions.user as number;
  const listed = profile.partitions.filter((partition) => regionOf(partition) === 'user');
  const entries = concat(
    ...listed.map(({ name, start, size: length, operation }) => {
      // Reserves are listed by the number of blocks before the end, as scatter files give them.
      const offset = operation === 'RESERVED' ? END_RELATIVE + Math.floor((size - start) / RESERVE_BLOCK) : start;
      return pmtVersion === 1
        ? PmtEntry.build({ name, size: length, offset, maskFlags: 0 })
        : PmtEntryV3.build({ name, size: length, partId: LegacyPart.USER, offset, maskFlags: 0 });
    }),
  );
  const { main, mirror } = MAGICS[pmtVersion];
  return [
    { region: 'user', offset: size - PMT_FROM_END, bytes: pmtCopy(main, entries) },
    { region: 'user', offset: size - PMT_FROM_END + PMT_SIZE, bytes: pmtCopy(mirror, entries) },
    ...bootRecordPieces(profile),
  ];
}

/** The sectors of the MBR/EBR chain, each at the start of the partition of its name. */
export function bootRecordPieces(profile: Profile): TablePiece[] {
  return bootRecords(profile.partitions.filter((partition) => regionOf(partition) === 'user'));
}

function pmtCopy(magic: number, entries: Uint8Array): Uint8Array {
  const copy = new Uint8Array(PMT_SIZE);
  copy.set(encode(u32, 'little', magic), 0);
  copy.set(VERSION, 4);
  copy.set(entries, 8);
  copy.set(encode(u32, 'little', magic), PMT_SIZE - 4);
  return copy;
}

/**
 * The chain: the MBR points at the file systems that fit and at the first EBR; each EBR at the next file system and at
 * the next EBR. Only partitions with a file system are in it.
 */
function bootRecords(partitions: readonly ProfilePartition[]): TablePiece[] {
  const named = (wanted: RegExp) => partitions.filter(({ name }) => wanted.test(name));
  const records = named(/^(MBR|EBR\d)$/);
  const systems = named(/^(PROTECT_F|PROTECT_S|SEC_RO|ANDROID|CACHE|USRDATA)$/);
  const room = records.map((_, i) => (i === 0 ? 3 : i === records.length - 1 ? 4 : 1));
  let used = 0;
  return records.map((record, i) => {
    const mine = systems.slice(used, used + (room[i] as number));
    used += mine.length;
    const next = records[i + 1];
    const entries = mine.map((system) => mbrEntry(LINUX, system.start - record.start, system.size));
    if (next) entries.push(mbrEntry(EXTENDED, next.start - (i === 0 ? 0 : (records[1]?.start ?? 0)), next.size));
    const sector = new Uint8Array(SECTOR);
    sector.set(concat(...entries), 446);
    sector.set([0x55, 0xaa], 510);
    return { region: 'user', offset: record.start, bytes: sector };
  });
}

function mbrEntry(type: number, start: number, length: number): Uint8Array {
  return concat(
    Uint8Array.of(0, 0, 0, 0, type, 0, 0, 0),
    encode(u32, 'little', start / SECTOR),
    encode(u32, 'little', Math.min(length / SECTOR, 0xffffffff)),
  );
}
