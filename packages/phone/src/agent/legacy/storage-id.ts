import { array, concat, encode, u16 } from '@unbrick/core/wire';
import type { Profile } from '../../profiles/profile.js';
import type { LegacyTraits } from './stage1.js';

/** The phone's 16-byte eMMC CID in natural order: manufacturer first. All zeros without eMMC. */
export function cidOf({ storage }: Profile): Uint8Array {
  return storage.kind === 'emmc' ? fromHex(storage.id, 16) : new Uint8Array(16);
}

/** The id bytes of the phone's NAND chip; none without NAND. */
export function nandIdOf({ storage }: Profile): Uint8Array {
  return storage.kind === 'nand' ? fromHex(storage.id, storage.id.length / 2) : new Uint8Array(0);
}

/** NAND ids as agents send them: how many, and so many halfwords with an id byte each, zero where there is none. */
export function nandIds(profile: Profile, { nandIdCount }: LegacyTraits): Uint8Array {
  const id = nandIdOf(profile);
  const words = Array.from({ length: nandIdCount }, (_, i) => id[i] ?? 0);
  return concat(encode(u16, 'big', nandIdCount), encode(array(u16, nandIdCount), 'big', words));
}

/** By what memory settings name the memory of this phone. */
export function memoryIdOf(profile: Profile): Uint8Array {
  return profile.storage.kind === 'nand' ? nandIdOf(profile) : cidOf(profile);
}

/**
 * The CID as agents dump it from memory: the controller hands it over as four words, which lie in memory lowest byte
 * first.
 */
export function dumpedCid(profile: Profile): Uint8Array {
  const cid = cidOf(profile);
  return cid.map((_, i) => cid[(i & ~3) + 3 - (i & 3)] as number);
}

/**
 * The CID in the flash report. Builds differ: the genuine stage 2 of MT6580 sends the words as they lie in memory, unlike its
 * stage 1; an MT8163 was seen to send them in natural order with the words of each half exchanged.
 */
export function reportedCid(profile: Profile, order: NonNullable<LegacyTraits['reportCid']>): Uint8Array {
  if (order === 'memory') return dumpedCid(profile);
  const cid = cidOf(profile);
  return order === 'natural' ? cid : cid.map((_, i) => cid[i ^ 4] as number);
}

/** The storage id that some agents send before memory settings, 16 bytes as they lie in memory. */
export function dumpedStorageId(profile: Profile): Uint8Array {
  if (profile.storage.kind !== 'nand') return dumpedCid(profile);
  const id = new Uint8Array(16);
  id.set(nandIdOf(profile));
  return id;
}

/** The eMMC's firmware revision, 8 bytes. */
export function firmwareRevisionOf(profile: Profile): Uint8Array {
  return fromHex(profile.storage.firmwareVersion, 8);
}

/** The id of this single phone that closes the flash report, 16 bytes: stable, since tools name backups by it. */
export function deviceIdOf(profile: Profile): Uint8Array {
  const meId = fromHex(profile.bootRom.meId, 16);
  return fromHex(profile.storage.id, 16).map((byte, i) => byte ^ (meId[i] as number) ^ (0x5a + 29 * i));
}

/** Hex digits as `count` bytes, zero-padded; whatever is no hex digit ends the text. */
function fromHex(digits: string, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const value = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
    if (Number.isNaN(value)) break;
    bytes[i] = value;
  }
  return bytes;
}
