import type { Profile } from '../../profiles/profile.js';

/** The phone's 16-byte eMMC CID in natural order: manufacturer first. */
export function cidOf(profile: Profile): Uint8Array {
  return fromHex(profile.storage.id, 16);
}

/**
 * The CID as agents dump it from memory: the controller hands it over as four words, which lie in memory lowest byte
 * first.
 */
export function dumpedCid(profile: Profile): Uint8Array {
  const cid = cidOf(profile);
  return cid.map((_, i) => cid[(i & ~3) + 3 - (i & 3)] as number);
}

/** The eMMC's firmware revision, 8 bytes. */
export function firmwareRevisionOf(profile: Profile): Uint8Array {
  return fromHex(profile.storage.firmwareVersion, 8);
}

/** The id of this single phone that closes the flash report, 16 bytes: stable, since tools name backups by it. */
export function deviceIdOf(profile: Profile): Uint8Array {
  const meId = fromHex(profile.bootRom.meId, 16);
  return cidOf(profile).map((byte, i) => byte ^ (meId[i] as number) ^ (0x5a + 29 * i));
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
