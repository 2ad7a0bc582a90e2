import type { Region, StorageKind } from '@unbrick/core';
import type { Profile, ProfilePartition } from '../profiles/profile.js';
import { storageLayout } from '../profiles/storage-layout.js';
import { braceScatterText } from './brace-scatter.js';
import { scatterXml } from './scatter-xml.js';

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
/** The allocation unit is the chip's erase block. */
const NAND = { bootChannel: 'NONE', preloaderRegion: 'NONE', userRegion: 'NONE' };
const UFS: StorageWords = {
  bootChannel: 'UFSHCI_0',
  blockSize: 0x80000,
  preloaderRegion: 'UFS_LU0_LU1',
  userRegion: 'UFS_LU2',
};

/** Boot areas come first in the linear map of V1.1.1 files, whatever their real size. */
const LINEAR_USER_BASE = 0xc00000;

/**
 * The scatter file of a practice firmware, in the form of real ones: V1.1.2 for eMMC phones with GPT and V1.1.1 before, the
 * brace form for MT6573 to MT6577, XML for phones with XML agents; for other UFS phones V2.1.0, which holds one layout for
 * each storage that the board is built with.
 */
export function scatterText(profile: Profile): string {
  if (isBraceForm(profile)) return braceScatterText(profile);
  if (profile.agent.generation === 'xml') return scatterXml(profile);
  return profile.storage.kind === 'ufs' ? multiStorageText(profile) : singleStorageText(profile);
}

/** As makers name it; in the oldest form the name tells chip and storage. */
export function scatterFileName(profile: Profile): string {
  const emmc = isBraceForm(profile) && profile.storage.kind === 'emmc';
  const extension = profile.agent.generation === 'xml' ? 'xml' : 'txt';
  return `${profile.platform}_Android_scatter${emmc ? '_emmc' : ''}.${extension}`;
}

function isBraceForm(profile: Profile): boolean {
  return profile.agent.legacy?.stages === 1;
}

function singleStorageText(profile: Profile): string {
  const { kind, regions, table, pmtVersion = 1, blockSize, nand } = profile.storage;
  const storage = kind.toUpperCase();
  const old = table === 'pmt' && pmtVersion === 1 && kind === 'emmc';
  const words = nand ? { ...NAND, blockSize: blockSize * nand.pagesPerBlock } : EMMC;
  const end = regions[storageLayout(kind).user] ?? 0;
  const place = (partition: ProfilePartition, base: number) =>
    partition.operation === 'RESERVED'
      ? endRelative((end - partition.start) / words.blockSize)
      : hex(base + partition.start);
  const head = [
    ...banner('General Setting'),
    '- general: MTK_PLATFORM_CFG',
    '  info: ',
    `    - config_version: ${old ? 'V1.1.1' : 'V1.1.2'}`,
    `      platform: ${profile.platform}`,
    `      project: ${profile.project}`,
    `      storage: ${storage}`,
    `      boot_channel: ${words.bootChannel}`,
    `      block_size: ${hex(words.blockSize)}`,
    ...banner('Layout Setting'),
  ];
  const blocks = profile.partitions.map((partition, index) =>
    partitionBlock(
      index,
      '',
      partitionFields(partition, [
        ['linear_start_addr', place(partition, old && !isPreloader(partition) ? LINEAR_USER_BASE : 0)],
        ['physical_start_addr', place(partition, 0)],
        ['partition_size', hex(partition.size)],
        ['region', regionName(partition, words)],
        ['storage', `HW_STORAGE_${storage}`],
        ['boundary_check', 'true'],
      ]),
    ),
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
  const lines = [...head, ...storageSection(profile, 'emmc'), ...storageSection(profile, 'ufs')];
  return `${lines.join('\n')}\n`;
}

function storageSection(profile: Profile, kind: StorageKind): string[] {
  const storage = kind.toUpperCase();
  const words = storageWords(kind);
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
      partitionBlock(index, '  ', multiStorageFields(profile, partition, kind)),
    ),
  ];
}

/** In files for several kinds of storage both copies of the preloader have one name. */
export function storageWords(kind: StorageKind): StorageWords {
  return kind === 'ufs' ? UFS : { ...EMMC, preloaderRegion: 'EMMC_BOOT1_BOOT2' };
}

/** What a file for several kinds of storage says about a partition, in the order of real files. */
export function multiStorageFields(profile: Profile, partition: ProfilePartition, kind: StorageKind): Field[] {
  const words = storageWords(kind);
  const { regions, kind: fitted } = profile.storage;
  const end = regions[storageLayout(fitted).user] ?? 0;
  const reserved = partition.operation === 'RESERVED';
  // The table's second copy is the very last part: block 0, with its size counted back from the end.
  const isTable = partition.start + partition.size === end;
  const start = reserved ? endRelative(isTable ? 0 : (end - partition.start) / words.blockSize) : hex(partition.start);
  return partitionFields(partition, [
    ['linear_start_addr', start],
    ['physical_start_addr', start],
    ['partition_size', hex(partition.size)],
    ['region', isPreloader(partition) ? words.preloaderRegion : words.userRegion],
    ['storage', `HW_STORAGE_${kind.toUpperCase()}`],
    ['boundary_check', String(!reserved)],
  ]);
}

type Field = [key: string, value: string];

function partitionFields(partition: ProfilePartition, place: Field[]): Field[] {
  return [
    ['partition_name', partition.name],
    ['file_name', partition.fileName ?? 'NONE'],
    ['is_download', String(partition.fileName !== undefined)],
    ['type', imageType(partition)],
    ...place,
    ['is_reserved', String(partition.operation === 'RESERVED')],
    ['operation_type', partition.operation],
    ['reserve', '0x00'],
  ];
}

function partitionBlock(index: number, indent: string, fields: Field[]): string {
  const lines = [`- partition_index: SYS${index}`, ...fields.map(([key, value]) => `  ${key}: ${value}`)];
  return `${lines.map((line) => `${indent}${line}`).join('\n')}\n`;
}

function regionName(partition: ProfilePartition, words: Omit<StorageWords, 'blockSize'>): string {
  if (isPreloader(partition)) return words.preloaderRegion;
  return (partition.region && REGION_NAMES[partition.region]) ?? words.userRegion;
}

function imageType(partition: ProfilePartition): string {
  if (isPreloader(partition)) return 'SV5_BL_BIN';
  const isFileSystem = /^(system|cache|userdata)/.test(partition.fileName ?? '');
  if (partition.region === 'nand') return isFileSystem ? 'UBI_IMG' : 'NORMAL_ROM';
  return partition.fileName?.startsWith('system') ? 'EXT4_IMG' : 'NORMAL_ROM';
}

function isPreloader(partition: ProfilePartition): boolean {
  return partition.operation === 'BOOTLOADERS';
}

function banner(title: string): string[] {
  const line = '#'.repeat(108);
  return [line, '#', `#  ${title}`, '#', line];
}

/** Blocks counted back from the end; 0 for what does not fill whole blocks. */
function endRelative(blocks: number): string {
  return `0xFFFF${(Number.isInteger(blocks) ? blocks : 0).toString(16).padStart(4, '0')}`;
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
