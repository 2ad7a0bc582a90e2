/** The storage of a phone as its agents see it. */
import type { Region, StorageKind } from '@unbrick/core';
import { XflashStatus } from '@unbrick/core/wire';
import type { Profile } from '../../profiles/profile.js';
import { storageLayout } from '../../profiles/storage-layout.js';
import type { PhoneStorage } from '../../storage/phone-storage.js';

export interface FittedStorage {
  blockSize: number;
  /** The region with the partition table and the partitions. */
  user: Region;
  /** The preloader's regions, first copy first. */
  boot: readonly Region[];
  /** Name of the header in front of a preloader, and where the preloader then begins. */
  bootHeader: { name: string; imageOffset: number };
  /** Status of a failed read, write or erase. */
  errorStatus: number;
}

const KINDS: Partial<Record<StorageKind, Pick<FittedStorage, 'bootHeader' | 'errorStatus'>>> = {
  emmc: { bootHeader: { name: 'EMMC_BOOT', imageOffset: 0x800 }, errorStatus: XflashStatus.EMMC_ERROR },
  ufs: { bootHeader: { name: 'UFS_BOOT', imageOffset: 0x1000 }, errorStatus: XflashStatus.UFS_ERROR },
};

/** @throws RangeError for a kind of storage that these agents are not built for */
export function fittedStorage(profile: Profile, { kind }: PhoneStorage): FittedStorage {
  const facts = KINDS[kind];
  if (!facts) throw new RangeError(`the agents of this phone do not serve ${kind} storage`);
  const { user, boot } = storageLayout(kind);
  return { blockSize: profile.storage.blockSize, user, boot, ...facts };
}

/** Size of a region in bytes, 0 when the phone has none. */
export function regionSize(storage: PhoneStorage, region: Region): number {
  return storage.regions.get(region) ?? 0;
}
