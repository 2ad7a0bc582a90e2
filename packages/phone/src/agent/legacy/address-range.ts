import type { Region, StorageKind } from '@unbrick/core';
import { LegacyError, LegacyPart, LegacyStorage } from '@unbrick/core/wire';
import type { PhoneStorage } from '../../storage/phone-storage.js';

/** The smallest unit an address may point at, bytes. */
export const SECTOR = 512;

const REGIONS: Record<number, Region> = {
  [LegacyPart.BOOT1]: 'boot1',
  [LegacyPart.BOOT2]: 'boot2',
  [LegacyPart.RPMB]: 'rpmb',
  [LegacyPart.GP1]: 'gp1',
  [LegacyPart.GP2]: 'gp2',
  [LegacyPart.GP3]: 'gp3',
  [LegacyPart.GP4]: 'gp4',
  [LegacyPart.USER]: 'user',
};

/** The region of that number when this phone has it. */
export function regionOfPart(storage: PhoneStorage, part: number): Region | undefined {
  const region = REGIONS[part];
  return region !== undefined && (storage.regions.get(region) ?? 0) > 0 ? region : undefined;
}

/** A run of bytes that passed the agent's range rules. */
export interface CheckedRange {
  region: Region;
  address: number;
  length: number;
}

/**
 * The one range check of all storage commands (protocol section "SDMMC_WRITE_DATA", range rules).
 * @returns the range, or the error word that refuses it
 */
export function checkRange(
  storage: PhoneStorage,
  part: number,
  address: number,
  length: number,
): CheckedRange | number {
  const region = regionOfPart(storage, part);
  if (region === undefined) return LegacyError.DA_SDMMC_CONFIG;
  // Replay-protected memory takes signed frames only; plain reads, writes and erases fail in the chip.
  if (region === 'rpmb') return LegacyError.DA_SDMMC_UNSUPPORTED;
  const size = storage.regions.get(region) as number;
  if (address % SECTOR !== 0 || address >= size) return LegacyError.DA_INVALID_BEGIN_ADDR;
  if (length === 0 || length > size - address) return LegacyError.DA_INVALID_RANGE;
  return { region, address, length };
}

/** Why a storage number cannot be worked on, or nothing for the storage that the phone has. */
export function storageRefusal(kind: StorageKind, storage: number): number | undefined {
  switch (storage) {
    case LegacyStorage.EMMC:
      return kind === 'emmc' ? undefined : LegacyError.DA_EMMC_NOT_FOUND;
    case LegacyStorage.NAND:
      return kind === 'nand' ? undefined : LegacyError.DA_NAND_NOT_FOUND;
    case LegacyStorage.SDMMC:
      return LegacyError.DA_SDMMC_NOT_FOUND;
    default:
      return LegacyError.INVALID_ARGUMENTS;
  }
}
