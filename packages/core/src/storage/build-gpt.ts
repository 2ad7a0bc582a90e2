import { bytes, bytesOfHex, crc32, GPT_SIGNATURE, GptEntry, GptHeader, hexBytes, struct, u16 } from '../wire/index.js';
import type { Extent, GptIdentity, Region } from './storage.js';

export interface GptPartition {
  name: string;
  /** Bytes; a multiple of the sector size. */
  start: number;
  /** Bytes; a multiple of the sector size. */
  length: number;
}

export interface BuiltGpt {
  /** Goes to offset 0 of the region: protective MBR, header, entries. */
  primary: Uint8Array;
  /** Goes to `backupStart`: entries, header. */
  backup: Uint8Array;
  /** Bytes. */
  backupStart: number;
}

const ENTRY_COUNT = 128;

/** Where the two copies of a table with 128 entries lie, each with its header. Bytes. */
export function gptAreas(regionSize: number, sectorSize: number, region: Region): { primary: Extent; backup: Extent } {
  const entrySectors = Math.ceil((ENTRY_COUNT * GptEntry.size) / sectorSize);
  const sectors = Math.floor(regionSize / sectorSize);
  return {
    primary: { region, start: 0, length: (2 + entrySectors) * sectorSize },
    backup: { region, start: (sectors - 1 - entrySectors) * sectorSize, length: (entrySectors + 1) * sectorSize },
  };
}
/** EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, "basic data": what MediaTek phones use for every partition. */
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
const MbrBoot = struct('little', { code: bytes(446), entry: bytes(16), more: bytes(48), signature: u16 });

/**
 * Both copies of a GUID partition table with 128 entries.
 * @param regionSize bytes
 * @param guid sixteen bytes that identify the storage; the own GUIDs of new partitions are derived from it
 * @param identity of an earlier table of this storage: it stays the same storage, with the same partitions where names are the same
 * @throws RangeError when a partition is not aligned, too long in name or outside the usable sectors
 */
export function buildGpt(
  partitions: readonly GptPartition[],
  regionSize: number,
  sectorSize: number,
  guid: Uint8Array = new Uint8Array(16).fill(0x11),
  identity?: GptIdentity,
): BuiltGpt {
  const sectors = Math.floor(regionSize / sectorSize);
  const entrySectors = Math.ceil((ENTRY_COUNT * GptEntry.size) / sectorSize);
  const firstUsable = 2 + entrySectors;
  const lastUsable = sectors - 2 - entrySectors;
  if (partitions.length > ENTRY_COUNT) throw new RangeError(`${partitions.length} partitions, ${ENTRY_COUNT} fit`);
  const entries = new Uint8Array(entrySectors * sectorSize);
  const identityOf = identities(guid, identity);
  for (const [i, { name, start, length }] of partitions.entries()) {
    const firstLba = start / sectorSize;
    const lastLba = (start + length) / sectorSize - 1;
    if (!Number.isInteger(firstLba) || !Number.isInteger(lastLba) || lastLba < firstLba) {
      throw new RangeError(`${name}: ${length} bytes at ${start} are not whole sectors`);
    }
    if (firstLba < firstUsable || lastLba > lastUsable) throw new RangeError(`${name} is outside the usable sectors`);
    if (name.length > 36) throw new RangeError(`${name}: a name has 36 characters at most`);
    const entry = GptEntry.build({ ...identityOf(name), firstLba, lastLba, name: utf16(name) });
    entries.set(entry, i * GptEntry.size);
  }
  const entriesCrc = crc32(entries.subarray(0, ENTRY_COUNT * GptEntry.size));
  const header = (currentLba: number, backupLba: number, entriesLba: number) => {
    const fields = {
      signature: new TextEncoder().encode(GPT_SIGNATURE),
      revision: 0x10000,
      headerSize: GptHeader.size,
      headerCrc: 0,
      reserved: 0,
      currentLba,
      backupLba,
      firstUsableLba: firstUsable,
      lastUsableLba: lastUsable,
      diskGuid: (identity && bytesOfHex(identity.disk)) ?? guid,
      entriesLba,
      entryCount: ENTRY_COUNT,
      entrySize: GptEntry.size,
      entriesCrc,
    };
    return GptHeader.build({ ...fields, headerCrc: crc32(GptHeader.build(fields)) });
  };
  const primary = new Uint8Array(firstUsable * sectorSize);
  primary.set(protectiveMbr(sectors));
  primary.set(header(1, sectors - 1, 2), sectorSize);
  primary.set(entries, 2 * sectorSize);
  const backup = new Uint8Array(entries.length + sectorSize);
  backup.set(entries);
  backup.set(header(sectors - 1, 1, sectors - 1 - entrySectors), entries.length);
  return { primary, backup, backupStart: (sectors - 1 - entrySectors) * sectorSize };
}

type EntryIdentity = Record<'typeGuid' | 'uniqueGuid' | 'attributes', Uint8Array>;

/** What each name had before; a new one gets a GUID that no other has. */
function identities(guid: Uint8Array, before: GptIdentity | undefined): (name: string) => EntryIdentity {
  const known = new Map((before?.partitions ?? []).map((each) => [each.name.toLowerCase(), each]));
  const taken = new Set((before?.partitions ?? []).map(({ own }) => own));
  let count = 0;
  const freshGuid = (): Uint8Array => {
    const fresh = guid.slice();
    fresh[15] = ((fresh[15] as number) + ++count) & 0xff;
    return taken.has(hexBytes(fresh)) ? freshGuid() : fresh;
  };
  return (name) => {
    const old = known.get(name.toLowerCase());
    // A second partition of the same name is another one.
    known.delete(name.toLowerCase());
    return {
      typeGuid: (old && bytesOfHex(old.type)) ?? BASIC_DATA,
      uniqueGuid: (old && bytesOfHex(old.own)) ?? freshGuid(),
      attributes: (old && bytesOfHex(old.attributes)) ?? new Uint8Array(8),
    };
  };
}

function protectiveMbr(sectors: number): Uint8Array {
  const count = Math.min(sectors - 1, 0xffffffff);
  const lengthBytes = [0, 8, 16, 24].map((shift) => (count >>> shift) & 0xff);
  return MbrBoot.build({
    code: new Uint8Array(0),
    entry: Uint8Array.of(0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0, ...lengthBytes),
    more: new Uint8Array(0),
    signature: 0xaa55,
  });
}

function utf16(text: string): Uint8Array {
  const units = new Uint8Array(text.length * 2);
  const view = new DataView(units.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), true);
  return units;
}
