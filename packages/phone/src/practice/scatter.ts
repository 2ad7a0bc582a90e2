import type { Region, StorageKind } from '@unbrick/core';
import type { Profile, ProfilePartition } from '../profiles/profile.js';
import { storageLayout } from '../profiles/storage-layout.js';

const REGION_NAMES: Partial<Record<Region, string>> = {
  boot1: 'EMMC_BOOT_1',
  boot2: 'EMMC_BOOT_2',
  user: 'EMMC_USER',
  lu0: 'UFS_LU0',
  lu1: 'UFS_LU1',
  lu2: 'UFS_LU2',
};

/** How the scatter files of one kind of storage write things. */
interface StorageWords {
  bootChannel: string;
  blockSize: number;
  preloaderRegion: string;
  userRegion: string;
}

const EMMC: StorageWords = {
  bootChannel: 'MSDC_0',
  blockSize: 0x20000,
  preloaderRegion: 'EMMC_BOOT_1',
  userRegion: 'EMMC_USER',
};
const UFS: StorageWords = {
  bootChannel: 'UFSHCI_0',
  blockSize: 0x80000,
  preloaderRegion: 'UFS_LU0_LU1',
  userRegion: 'UFS_LU2',
};

/**
 * The scatter file of a practice firmware, in the form of real ones: V1.1.2 for eMMC phones; for UFS phones V2.1.0, which
 * holds one layout for each storage that the board is built with.
 */
export function scatterText(profile: Profile): string {
  return profile.storage.kind === 'ufs' ? multiStorageText(profile) : singleStorageText(profile);
}

function singleStorageText(profile: Profile): string {
  const storage = profile.storage.kind.toUpperCase();
  const head = [
    ...banner('General Setting'),
    '- general: MTK_PLATFORM_CFG',
    '  info: ',
    '    - config_version: V1.1.2',
    `      platform: ${profile.platform}`,
    `      project: ${profile.project}`,
    `      storage: ${storage}`,
    `      boot_channel: ${EMMC.bootChannel}`,
    `      block_size: ${hex(EMMC.blockSize)}`,
    ...banner('Layout Setting'),
  ];
  const blocks = profile.partitions.map((partition, index) =>
    partitionBlock(partition, index, '', [
      ['linear_start_addr', hex(partition.start)],
      ['physical_start_addr', hex(partition.start)],
      ['partition_size', hex(partition.size)],
      ['region', regionName(partition, EMMC)],
      ['storage', `HW_STORAGE_${storage}`],
    ]),
  );
  return `${[...head, ...blocks].join('\n')}\n`;
}

function multiStorageText(profile: Profile): string {
  const head = [
    ...banner('General Setting'),
    '- general: MTK_PLATFORM_CFG',
    '  info: ',
    '    - config_version: V2.1.0',
    `      platform: ${profile.platform}`,
    `      project: ${profile.project}`,
  ];
  // Such boards are sold with either storage, so real files describe both, with the same partitions.
  const others = { ...EMMC, preloaderRegion: 'EMMC_BOOT1_BOOT2' };
  const lines = [...head, ...storageSection(profile, 'emmc', others), ...storageSection(profile, 'ufs', UFS)];
  return `${lines.join('\n')}\n`;
}

function storageSection(profile: Profile, kind: StorageKind, words: StorageWords): string[] {
  const storage = kind.toUpperCase();
  const { regions, kind: fitted } = profile.storage;
  const end = regions[storageLayout(fitted).user] ?? 0;
  const start = (partition: ProfilePartition) => {
    if (partition.operation !== 'RESERVED') return hex(partition.start);
    // The table's second copy is the very last part: block 0, with its size counted back from the end.
    const isTable = partition.start + partition.size === end;
    return `0xFFFF${(isTable ? 0 : (end - partition.start) / words.blockSize).toString(16).padStart(4, '0')}`;
  };
  return [
    ...banner(`${storage} Layout Setting`),
    `- storage_type: ${storage}`,
    '  description: ',
    '  - general: MTK_STORAGE_CFG',
    '    info: ',
    `      - storage: ${storage}`,
    `        boot_channel: ${words.bootChannel}`,
    `        block_size: ${hex(words.blockSize)}`,
    '',
    ...profile.partitions.map((partition, index) =>
      partitionBlock(partition, index, '  ', [
        ['linear_start_addr', start(partition)],
        ['physical_start_addr', start(partition)],
        ['partition_size', hex(partition.size)],
        ['region', isPreloader(partition) ? words.preloaderRegion : words.userRegion],
        ['storage', `HW_STORAGE_${storage}`],
      ]),
    ),
  ];
}

function partitionBlock(
  partition: ProfilePartition,
  index: number,
  indent: string,
  place: [key: string, value: string][],
): string {
  const reserved = partition.operation === 'RESERVED';
  const fields: [string, string][] = [
    ['partition_name', partition.name],
    ['file_name', partition.fileName ?? 'NONE'],
    ['is_download', String(partition.fileName !== undefined)],
    ['type', imageType(partition)],
    ...place,
    ['boundary_check', String(!reserved || indent === '')],
    ['is_reserved', String(reserved)],
    ['operation_type', partition.operation],
    ['reserve', '0x00'],
  ];
  const lines = [`- partition_index: SYS${index}`, ...fields.map(([key, value]) => `  ${key}: ${value}`)];
  return `${lines.map((line) => `${indent}${line}`).join('\n')}\n`;
}

function regionName(partition: ProfilePartition, words: StorageWords): string {
  if (isPreloader(partition)) return words.preloaderRegion;
  return (partition.region && REGION_NAMES[partition.region]) ?? words.userRegion;
}

function imageType(partition: ProfilePartition): string {
  if (isPreloader(partition)) return 'SV5_BL_BIN';
  return partition.fileName?.startsWith('system') ? 'EXT4_IMG' : 'NORMAL_ROM';
}

function isPreloader(partition: ProfilePartition): boolean {
  return partition.operation === 'BOOTLOADERS';
}

function banner(title: string): string[] {
  const line = '#'.repeat(108);
  return [line, '#', `#  ${title}`, '#', line];
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
