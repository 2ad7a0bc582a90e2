import type { StorageKind } from '../../storage/storage.js';
import type { ScatterOperation, ScatterRegion } from './scatter.js';

/** Words and numbers of scatter files. See docs/protocol/scatter.md, "Partition keys". */

const REGIONS: Readonly<Record<string, ScatterRegion>> = {
  EMMC_BOOT_1: 'boot1',
  EMMC_BOOT1: 'boot1',
  EMMC_BOOT_2: 'boot2',
  EMMC_BOOT2: 'boot2',
  EMMC_BOOT1_BOOT2: 'boot1+boot2',
  EMMC_BOOT_1_BOOT_2: 'boot1+boot2',
  EMMC_RPMB: 'rpmb',
  EMMC_GP1: 'gp1',
  EMMC_GP2: 'gp2',
  EMMC_GP3: 'gp3',
  EMMC_GP4: 'gp4',
  EMMC_GP_1: 'gp1',
  EMMC_GP_2: 'gp2',
  EMMC_GP_3: 'gp3',
  EMMC_GP_4: 'gp4',
  EMMC_USER: 'user',
  EMMC_BOOT_DIS: 'none',
  UFS_LU0: 'lu0',
  UFS_LU1: 'lu1',
  UFS_LU2: 'lu2',
  UFS_LU0_LU1: 'lu0+lu1',
  NONE: 'none',
};

const OPERATIONS: Readonly<Record<string, ScatterOperation>> = {
  BOOTLOADERS: 'BOOTLOADERS',
  UPDATE: 'UPDATE',
  INVISIBLE: 'INVISIBLE',
  PROTECTED: 'PROTECTED',
  BINREGION: 'BINREGION',
  RESERVED: 'RESERVED',
};

const STORAGES: Readonly<Record<string, StorageKind | 'nor' | 'none'>> = {
  EMMC: 'emmc',
  UFS: 'ufs',
  NAND: 'nand',
  SDMMC: 'sdmmc',
  NOR: 'nor',
  NONE: 'none',
};

/** Allocation units where the file does not say its own, bytes. See docs/protocol/scatter.md, "General keys". */
export const USUAL_BLOCK_SIZE: Readonly<Record<StorageKind, number>> = {
  emmc: 0x20000,
  sdmmc: 0x20000,
  ufs: 0x80000,
  nand: 0x20000,
};

const TYPES: ReadonlySet<string> = new Set(
  'SV5_BL_BIN NORMAL_ROM YAFFS_IMG MBR_BIN UBI_IMG EXT4_IMG FAT_IMG F2FS_IMG FTL20_IMG NONE'.split(' '),
);

/** Whether the original tools know this image type; an unknown one makes no difference, content is told by its magic. */
export function isKnownType(word: string): boolean {
  return TYPES.has(word.toUpperCase());
}

/** The region, or undefined for a word that is none. */
export function regionOf(word: string): ScatterRegion | undefined {
  return lookUp(REGIONS, word);
}

export function operationOf(word: string): ScatterOperation {
  return lookUp(OPERATIONS, word) ?? 'UNKNOWN';
}

/** `EMMC` and `HW_STORAGE_EMMC` alike; undefined for a word that is neither. */
export function storageOf(word: string): StorageKind | 'nor' | 'none' | undefined {
  return lookUp(STORAGES, word.replace(/^(HW_STORAGE|MTK)_/i, ''));
}

export function flagOf(word: string): boolean | undefined {
  if (/^(true|yes|1)$/i.test(word)) return true;
  if (/^(false|no|0)$/i.test(word)) return false;
  return undefined;
}

/**
 * A number of bytes: hexadecimal with `0x`, or 0. Undefined for all else: digits without `0x` have been read as decimal by
 * some tools and as hexadecimal by others, and this program does not guess an address.
 */
export function bytesOf(word: string): number | undefined {
  if (/^0+$/.test(word)) return 0;
  if (!/^0x[0-9a-f]{1,32}$/i.test(word)) return undefined;
  const value = Number(word);
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * n of an address 0xFFFF0000 + n, else undefined. No partition can really start there: these addresses are not a multiple
 * of any allocation unit, and storages of this size use 128 KiB and more.
 */
export function endRelativeOf(address: number): number | undefined {
  return address >= 0xffff0000 && address <= 0xffffffff ? address - 0xffff0000 : undefined;
}

/** The kind of storage that has such a region; undefined when the region does not tell. */
export function storageOfRegion(region: ScatterRegion): StorageKind | undefined {
  if (region === 'none') return undefined;
  if (region === 'nand') return 'nand';
  return region.startsWith('lu') ? 'ufs' : 'emmc';
}

function lookUp<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  const key = word.toUpperCase();
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
