/** The GUID partition table a factory writes (UEFI specification, chapter 5): this package's own writer. */
import type { Region } from '@unbrick/core';
import { ascii, concat, crc32, encode, GPT_SIGNATURE, GptEntry, GptHeader, u32 } from '@unbrick/core/wire';
import type { Profile } from '../profiles/profile.js';
import { regionOf } from '../profiles/profiles.js';
import { storageLayout } from '../profiles/storage-layout.js';
import type { Noise } from './random.js';

const ENTRY_COUNT = 128;
const TABLE_SIZE = ENTRY_COUNT * GptEntry.size;
/** The boot record is this long, whatever the sector size. */
const MBR_SIZE = 512;
const REVISION_1_0 = 0x00010000;
/** EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, basic data, as it lies on disk. */
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
/** Partition areas that hold the table itself and are not entries of it. */
const TABLE_AREAS = new Set(['pgpt', 'sgpt']);

export interface TablePiece {
  region: Region;
  offset: number;
  bytes: Uint8Array;
}

/** The table a factory gives a phone of this profile. */
export function gptPieces(profile: Profile, noise: Noise): TablePiece[] {
  const { user } = storageLayout(profile.storage.kind);
  return gptCopies({
    region: user,
    regionSize: profile.storage.regions[user] as number,
    sectorSize: profile.storage.blockSize,
    headSize: profile.partitions.find(({ name }) => name.toLowerCase() === 'pgpt')?.size ?? 0,
    partitions: profile.partitions.filter(
      (partition) => regionOf(partition) === user && !TABLE_AREAS.has(partition.name.toLowerCase()),
    ),
    noise,
  });
}

export interface GptFacts {
  region: Region;
  /** Bytes. */
  regionSize: number;
  sectorSize: number;
  /** Room in front of the first partition, bytes. */
  headSize: number;
  partitions: readonly { name: string; start: number; size: number }[];
  /** Where the GUIDs come from. */
  noise: Noise;
}

/** Protective MBR with primary table, and the backup table at the end. */
export function gptCopies({ region, regionSize, sectorSize, headSize, partitions, noise }: GptFacts): TablePiece[] {
  const tableSectors = TABLE_SIZE / sectorSize;
  const sectors = regionSize / sectorSize;
  const entries = concat(
    ...partitions.map(({ name, start, size }) =>
      GptEntry.build({
        typeGuid: BASIC_DATA,
        uniqueGuid: randomGuid(noise),
        firstLba: start / sectorSize,
        lastLba: (start + size) / sectorSize - 1,
        attributes: new Uint8Array(8),
        name: utf16(name),
      }),
    ),
  );
  const table = new Uint8Array(TABLE_SIZE);
  table.set(entries);
  const common = {
    diskGuid: randomGuid(noise),
    // Layouts with a large head area keep it out of the usable range; small ones start right behind the entries.
    firstUsableLba: headSize > 0x8000 ? 0x400 : 2 + tableSectors,
    lastUsableLba: sectors - tableSectors - 2,
    entriesCrc: crc32(table),
  };
  const primary = header({ ...common, currentLba: 1, backupLba: sectors - 1, entriesLba: 2 });
  const backup = header({
    ...common,
    currentLba: sectors - 1,
    backupLba: 1,
    entriesLba: sectors - 1 - tableSectors,
  });
  return [
    {
      region,
      offset: 0,
      bytes: concat(padded(protectiveMbr(sectors), sectorSize), padded(primary, sectorSize), table),
    },
    {
      region,
      offset: regionSize - (1 + tableSectors) * sectorSize,
      bytes: concat(table, padded(backup, sectorSize)),
    },
  ];
}

interface HeaderFacts {
  currentLba: number;
  backupLba: number;
  entriesLba: number;
  firstUsableLba: number;
  lastUsableLba: number;
  diskGuid: Uint8Array;
  entriesCrc: number;
}

function header(facts: HeaderFacts): Uint8Array {
  const value = {
    ...facts,
    signature: ascii(GPT_SIGNATURE),
    revision: REVISION_1_0,
    headerSize: GptHeader.size,
    headerCrc: 0,
    reserved: 0,
    entryCount: ENTRY_COUNT,
    entrySize: GptEntry.size,
  };
  return GptHeader.build({ ...value, headerCrc: crc32(GptHeader.build(value)) });
}

function protectiveMbr(sectors: number): Uint8Array {
  const mbr = new Uint8Array(MBR_SIZE);
  const entry = concat(
    Uint8Array.of(0x00, 0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff),
    encode(u32, 'little', 1),
    encode(u32, 'little', Math.min(sectors - 1, 0xffffffff)),
  );
  mbr.set(entry, 446);
  mbr.set([0x55, 0xaa], 510);
  return mbr;
}

function padded(bytes: Uint8Array, size: number): Uint8Array {
  const whole = new Uint8Array(size);
  whole.set(bytes);
  return whole;
}

/** A version 4 GUID in its on-disk byte order. */
function randomGuid(noise: Noise): Uint8Array {
  const guid = noise.bytes(16).slice();
  guid[7] = ((guid[7] as number) & 0x0f) | 0x40;
  guid[8] = ((guid[8] as number) & 0x3f) | 0x80;
  return guid;
}

function utf16(name: string): Uint8Array {
  const bytes = new Uint8Array(name.length * 2);
  for (let i = 0; i < name.length; i++) {
    bytes[2 * i] = name.charCodeAt(i) & 0xff;
    bytes[2 * i + 1] = name.charCodeAt(i) >> 8;
  }
  return bytes;
}
