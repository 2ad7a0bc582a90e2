import type { StorageKind } from '@unbrick/core';
import { bytes, struct, u32 } from '@unbrick/core/wire';

/** Entry head of most versions. */
const EntryHead = struct('little', {
  subVersion: u32,
  type: u32,
  idLength: u32,
  firmwareIdLength: u32,
  id: bytes(16),
  firmwareId: bytes(8),
});
/** Entry head of versions 11 and 14: the id stands before its length. */
const EntryHeadIdFirst = struct('little', { type: u32, id: bytes(16), idLength: u32 });
/** Entry head of versions 08 and 09: no length, nine bytes of the CID count. */
const EntryHeadShort = struct('little', { type: u32, id: bytes(12) });
/** Bytes of the CID that name the chip: maker, package, OEM, six letters. */
const CID_NAME_LENGTH = 9;

/** High byte of an entry's type. */
const StorageClass = { DISCRETE: 0, NAND: 1, EMMC: 2, UFS: 3, ANY: 0xf } as const;

interface Wanted {
  type: number;
  id: Uint8Array;
  firmwareId: Uint8Array;
}

/** The memory that is in the phone. */
export interface Fitted {
  kind: StorageKind;
  /** CID or NAND id bytes. */
  id: Uint8Array;
  /** The eMMC's firmware revision. */
  revision: Uint8Array;
}

/** The kinds of storage that come in one package with RAM. */
const CLASS_OF: Partial<Record<StorageKind, number>> = { nand: StorageClass.NAND, emmc: StorageClass.EMMC };

/**
 * Whether the memory settings hold an entry for the memory of this phone (file format section "Memory settings").
 * Entries for RAM apart from the flash fit any phone: nothing in them could tell.
 */
export function fitsMemory(
  data: Uint8Array,
  { emiVersion, emiItemSize }: { emiVersion: number; emiItemSize: number },
  fitted: Fitted,
): boolean {
  for (let at = 0; at + emiItemSize <= data.length; at += emiItemSize) {
    if (fits(parseEntry(data.subarray(at, at + emiItemSize), emiVersion), fitted)) return true;
  }
  return false;
}

function fits(entry: Wanted, fitted: Fitted): boolean {
  const storageClass = entry.type >>> 8;
  const dramKind = entry.type & 0xff;
  if (dramKind < 1 || dramKind > 6) return false;
  if (storageClass === StorageClass.DISCRETE || storageClass === StorageClass.ANY) return true;
  if (storageClass !== CLASS_OF[fitted.kind] || entry.id.length === 0) return false;
  // Where no length is told, what is left of the field counts for nothing.
  const id = entry.id.subarray(0, fitted.id.length);
  return startsWith(fitted.id, id) && startsWith(fitted.revision, entry.firmwareId);
}

function parseEntry(raw: Uint8Array, version: number): Wanted {
  if (version === 8 || version === 9) {
    const { type, id } = EntryHeadShort.parse(raw);
    return { type, id: id.subarray(0, CID_NAME_LENGTH), firmwareId: new Uint8Array(0) };
  }
  if (version === 11 || version === 14) {
    const { type, id, idLength } = EntryHeadIdFirst.parse(raw);
    return { type, id: id.subarray(0, idLength), firmwareId: new Uint8Array(0) };
  }
  const { type, id, idLength, firmwareId, firmwareIdLength } = EntryHead.parse(raw);
  return { type, id: id.subarray(0, idLength), firmwareId: firmwareId.subarray(0, firmwareIdLength) };
}

function startsWith(whole: Uint8Array, start: Uint8Array): boolean {
  return start.every((byte, i) => whole[i] === byte);
}
