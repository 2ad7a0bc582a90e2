/**
 * What storage and section numbers of the wire mean on this phone: the one place that knows eMMC from UFS.
 * docs/protocol/xflash-agent.md, "Enumerations".
 */
import type { Region } from '@unbrick/core';
import { XflashEmmcSection, XflashStorage, XflashUfsSection } from '@unbrick/core/wire';
import type { Profile } from '../../profiles/profile.js';
import type { PhoneStorage } from '../../storage/phone-storage.js';
import { type FittedStorage, fittedStorage } from '../flash/fitted-storage.js';

export interface XflashStorageMap extends FittedStorage {
  /** Storage number of the flash-operation block. */
  code: number;
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
export function xflashStorageMap(profile: Profile, storage: PhoneStorage): XflashStorageMap {
  const fitted = fittedStorage(profile, storage);
  const ufs = storage.kind === 'ufs';
  const regions = ufs ? UFS_REGIONS : EMMC_REGIONS;
  // Builds of 2017 take every section number they do not know for the user area.
  const takesAnySection = (profile.agent.xflash?.buildYear ?? 2019) < 2018;
  return {
    ...fitted,
    code: ufs ? XflashStorage.UFS : XflashStorage.EMMC,
    neverErasedByName: ufs ? 'lu2' : 'rpmb',
    region(section) {
      const region = regions.get(section) ?? (takesAnySection ? fitted.user : undefined);
      return region !== undefined && storage.regions.has(region) ? region : undefined;
    },
  };
}
