import type { Region, StorageKind } from '@unbrick/core';
import type { Profile, ProfilePartition } from '../profiles/profile.js';

const BLOCK_SIZE = 0x20000;

const REGION_NAMES: Partial<Record<Region, string>> = {
  boot1: 'EMMC_BOOT_1',
  boot2: 'EMMC_BOOT_2',
  user: 'EMMC_USER',
  lu0: 'UFS_LU0',
  lu1: 'UFS_LU1',
  lu2: 'UFS_LU2',
};

/** The scatter file of a practice firmware, in the V1.1.2 form of real ones. */
export function scatterText(profile: Profile): string {
  const storage = profile.storage.kind.toUpperCase();
  const head = [
    '############################################################################################################',
    '#',
    '#  General Setting',
    '#',
    '############################################################################################################',
    '- general: MTK_PLATFORM_CFG',
    '  info: ',
    '    - config_version: V1.1.2',
    `      platform: ${profile.platform}`,
    `      project: ${profile.project}`,
    `      storage: ${storage}`,
    '      boot_channel: MSDC_0',
    `      block_size: ${hex(BLOCK_SIZE)}`,
    '############################################################################################################',
    '#',
    '#  Layout Setting',
    '#',
    '############################################################################################################',
  ];
  const blocks = profile.partitions.map((partition, index) => partitionBlock(partition, index, profile.storage.kind));
  return `${[...head, ...blocks].join('\n')}\n`;
}

function partitionBlock(partition: ProfilePartition, index: number, kind: StorageKind): string {
  const isPreloader = partition.operation === 'BOOTLOADERS';
  const user: Region = kind === 'ufs' ? 'lu2' : 'user';
  const fields: [string, string][] = [
    ['partition_name', partition.name],
    ['file_name', partition.fileName ?? 'NONE'],
    ['is_download', String(partition.fileName !== undefined)],
    ['type', isPreloader ? 'SV5_BL_BIN' : partition.fileName?.startsWith('system') ? 'EXT4_IMG' : 'NORMAL_ROM'],
    ['linear_start_addr', hex(partition.start)],
    ['physical_start_addr', hex(partition.start)],
    ['partition_size', hex(partition.size)],
    ['region', isPreloader && kind === 'emmc' ? 'EMMC_BOOT_1' : (REGION_NAMES[partition.region ?? user] ?? 'NONE')],
    ['storage', `HW_STORAGE_${kind.toUpperCase()}`],
    ['boundary_check', 'true'],
    ['is_reserved', String(partition.operation === 'RESERVED')],
    ['operation_type', partition.operation],
    ['reserve', '0x00'],
  ];
  return [`- partition_index: SYS${index}`, ...fields.map(([key, value]) => `  ${key}: ${value}`), ''].join('\n');
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
