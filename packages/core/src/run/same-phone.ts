import type { DeviceIdentity } from '../bootrom/identity.js';
import type { StorageInfo, StorageKind } from '../storage/storage.js';
import { hexBytes } from '../wire/index.js';

/** What tells one phone from another, as far as it could be asked. */
export interface PhoneMark {
  hwCode: number;
  /** Hex digits. Preloaders of early generations do not tell them. */
  meId?: string;
  socId?: string;
  storageKind: StorageKind;
  /** Memory id, hex digits. Of an eMMC it has a serial number, of other storage it names the type only. */
  storageId: string;
}

export function markOf(identity: DeviceIdentity, storage: StorageInfo): PhoneMark {
  return {
    hwCode: identity.hwCode,
    ...(identity.meId ? { meId: identity.meId } : {}),
    ...(identity.socId ? { socId: identity.socId } : {}),
    storageKind: storage.kind,
    storageId: hexBytes(storage.id),
  };
}

/** `unclear`: nothing speaks against it, but nothing that is this phone's alone was told both times. */
export type SamePhone = 'same' | 'other' | 'unclear';

/** Whether two marks are of one phone. Pure. */
export function samePhone(a: PhoneMark, b: PhoneMark): SamePhone {
  if (a.hwCode !== b.hwCode) return 'other';
  if (a.meId !== undefined && b.meId !== undefined) return a.meId === b.meId ? 'same' : 'other';
  if (a.socId !== undefined && b.socId !== undefined) return a.socId === b.socId ? 'same' : 'other';
  if (a.storageKind !== b.storageKind || a.storageId !== b.storageId) return 'other';
  const serial = a.storageKind === 'emmc' && /[^0]/.test(a.storageId);
  return serial ? 'same' : 'unclear';
}
