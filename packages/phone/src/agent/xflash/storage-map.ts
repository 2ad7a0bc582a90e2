/**
 * What storage and section numbers of the wire mean on this phone: the one place that knows eMMC from UFS.
 * docs/protocol/xflash-agent.md, "Enumerations".
 */
import type { Region } from '@unbrick/core';
import { XflashEmmcSection, XflashStatus, XflashStorage, XflashUfsSection } from '@unbrick/core/wire';
import type { Profile } from '../../profiles/profile.js';
import type { PhoneStorage } from '../../storage/phone-storage.js';

export interface FittedStorage {
  /** Storage number of the flash-operation block. */
  code: number;
  blockSize: number;
  /** The region with the partition table and the partitions. */
  user: Region;
  /** The preloader's regions, first copy first. */
  boot: readonly Region[];
  /** Name of the header in front of a preloader, and where the preloader then begins. */
  bootHeader: { name: string; imageOffset: number };
  /** Status of a failed read, write or erase. */
  errorStatus: number;
  /** Region of a section number; undefined: the agent does not know it. */
  region(section: number): Region | undefined;
  /** FORMAT_PARTITION of a partition in this region ends at once with status 0 (section 3). */
  neverErasedByName: Region;
}

const EMMC_REGIONS = new Map<number, Region>([
  [XflashEmmcSection.BOOT1, 'boot1'],
  [XflashEmmcSection.BOOT2, 'boot2'],
  [XflashEmmcSection.USER, 'user'],
]);

const UFS_REGIONS = new Map<number, Region>([
  [XflashUfsSection.LU0, 'lu0'],
  [XflashUfsSection.LU1, 'lu1'],
  [XflashUfsSection.LU2, 'lu2'],
]);

/** @throws RangeError for a kind of storage these agents are not built for */
export function fittedStorage(profile: Profile, storage: PhoneStorage): FittedStorage {
  // Builds of 2017 take every section number they do not know for the user area.
  const takesAnySection = (profile.agent.xflash?.buildYear ?? 2019) < 2018;
  const mapping = (regions: ReadonlyMap<number, Region>, user: Region) => (section: number) => {
    const region = regions.get(section) ?? (takesAnySection ? user : undefined);
    return region !== undefined && storage.regions.has(region) ? region : undefined;
  };
  switch (storage.kind) {
    case 'emmc':
      return {
        code: XflashStorage.EMMC,
        blockSize: profile.storage.blockSize,
        user: 'user',
        boot: ['boot1', 'boot2'],
        bootHeader: { name: 'EMMC_BOOT', imageOffset: 0x800 },
        errorStatus: XflashStatus.EMMC_ERROR,
        region: mapping(EMMC_REGIONS, 'user'),
        neverErasedByName: 'rpmb',
      };
    case 'ufs':
      return {
        code: XflashStorage.UFS,
        blockSize: profile.storage.blockSize,
        user: 'lu2',
        boot: ['lu0', 'lu1'],
        bootHeader: { name: 'UFS_BOOT', imageOffset: 0x1000 },
        errorStatus: XflashStatus.UFS_ERROR,
        region: mapping(UFS_REGIONS, 'lu2'),
        neverErasedByName: 'lu2',
      };
    default:
      throw new RangeError(`the XFlash agents of this phone do not serve ${storage.kind} storage`);
  }
}

/** Size of a region in bytes, 0 when the phone has none. */
export function regionSize(storage: PhoneStorage, region: Region): number {
  return storage.regions.get(region) ?? 0;
}
