import { END_RELATIVE } from '../../storage/pmt-entries.js';
import type { Region, StorageKind } from '../../storage/storage.js';
import { hex } from '../../wire/index.js';

/** One entry of a scatter file that is made from a phone. Bytes. */
export interface ScatterEntry {
  name: string;
  region: Region;
  start: number;
  size: number;
  /** Image beside the scatter file; what has none is neither ticked nor written. */
  fileName?: string;
  /** The file goes through the agent's preloader command. */
  isPreloader?: boolean;
  /** Kept by every tool: the partition table. */
  isTable?: boolean;
  /** No partition but a reserve at the end of the storage, so many allocation blocks before it. */
  blocksFromEnd?: number;
}

export interface ScatterMaking {
  platform: string;
  project: string;
  storage: StorageKind;
  /** Erase block of NAND; what addresses are counted in elsewhere. */
  blockSize: number;
  entries: readonly ScatterEntry[];
}

const REGIONS: Partial<Record<Region, string>> = {
  boot1: 'EMMC_BOOT_1',
  boot2: 'EMMC_BOOT_2',
  user: 'EMMC_USER',
  lu0: 'UFS_LU0_LU1',
  lu1: 'UFS_LU1',
  lu2: 'UFS_LU2',
};

/**
 * A scatter file in the form V1.1.2, which SP Flash Tool and this program read. Images of a whole partition are as large as
 * their place, which the boundary check of the original tool does not take: it is off. See docs/formats/scatter.md,
 * "Partition keys".
 */
export function writeScatter({ platform, project, storage, blockSize, entries }: ScatterMaking): string {
  const kind = storage === 'sdmmc' ? 'EMMC' : storage.toUpperCase();
  const rule = '#'.repeat(108);
  const section = (title: string) => [rule, '#', `#  ${title}`, '#', rule];
  const lines = [
    ...section('General Setting'),
    '- general: MTK_PLATFORM_CFG',
    '  info: ',
    '    - config_version: V1.1.2',
    `      platform: ${platform}`,
    `      project: ${project}`,
    `      storage: ${kind}`,
    `      boot_channel: ${kind === 'EMMC' ? 'MSDC_0' : 'NONE'}`,
    `      block_size: ${hex(blockSize)}`,
    ...section('Layout Setting'),
  ];
  for (const [index, entry] of entries.entries()) lines.push(...entryLines(entry, index, kind));
  return `${lines.join('\n')}\n`;
}

function entryLines(entry: ScatterEntry, index: number, kind: string): string[] {
  const { name, region, start, size, fileName, isPreloader = false, isTable = false, blocksFromEnd } = entry;
  const isReserve = blocksFromEnd !== undefined;
  const address = hex(isReserve ? END_RELATIVE + blocksFromEnd : start);
  const operation = isPreloader
    ? 'BOOTLOADERS'
    : isReserve
      ? 'RESERVED'
      : isTable || fileName === undefined
        ? 'INVISIBLE'
        : 'UPDATE';
  const fields: [string, string][] = [
    ['partition_name', name],
    ['file_name', fileName ?? 'NONE'],
    ['is_download', String(fileName !== undefined)],
    ['type', isPreloader ? 'SV5_BL_BIN' : 'NORMAL_ROM'],
    ['linear_start_addr', address],
    ['physical_start_addr', address],
    ['partition_size', hex(size)],
    ['region', REGIONS[region] ?? 'NONE'],
    ['storage', `HW_STORAGE_${kind}`],
    ['boundary_check', 'false'],
    ['is_reserved', String(isReserve)],
    ['operation_type', operation],
    ['reserve', '0x00'],
  ];
  return [`- partition_index: SYS${index}`, ...fields.map(([key, value]) => `  ${key}: ${value}`), ''];
}
