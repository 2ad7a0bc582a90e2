import { parseScatter } from '@unbrick/core';
import {
  headText,
  multiScatter,
  partitionText,
  type ScatterKeys,
  utf8,
} from '../../../packages/core/src/firmware/scatter/scatter-text.fixture.js';
import { lookedAt } from './looking-at-files.js';
import type { Scenario, Scenarios } from './scenario.js';

/** A scatter file alone in its folder. */
const scatter =
  (content: string | Uint8Array, fileName = 'MT6735_Android_scatter.txt'): Scenario =>
  () =>
    lookedAt({ [fileName]: content });
/** A file with one partition that is not as it should be. */
const partition = (keys: ScatterKeys, more = '') => scatter(headText() + partitionText(0, 'lk', keys) + more);
const general = (keys: ScatterKeys) => scatter(headText(keys) + partitionText(0, 'lk'));
/** The oldest form. */
const braces = (content: string) => scatter(content, 'MT6575_Android_scatter.txt');
const block = (name: string, address: string) => `${name} ${address}\n{\n}\n`;
const at = (address: string, more: ScatterKeys = {}) => ({
  physical_start_addr: address,
  linear_start_addr: address,
  ...more,
});

export const SCATTER_FILES: Scenarios = {
  SCATTER_UNREADABLE: () => parseScatter('MT6735_Android_scatter.txt', utf8('hello')).problems,
  SCATTER_UNSUPPORTED: general({ storage: 'NOR' }),
  SCATTER_STORAGE_UNSUPPORTED: scatter(multiScatter().replaceAll('UFS', 'NOR')),
  SCATTER_STORAGE_REPEATED: scatter(
    multiScatter().replaceAll('UFS_LU0_LU1', 'EMMC_BOOT1').replaceAll('UFS_LU2', 'EMMC_USER').replaceAll('UFS', 'EMMC'),
  ),
  SCATTER_STORAGE_GUESSED: general({ storage: undefined }),
  SCATTER_STORAGE_CONFLICT: partition({ region: 'UFS_LU2' }, partitionText(1, 'boot')),
  SCATTER_VERSION_UNKNOWN: general({ config_version: 'V9.9' }),
  SCATTER_PLATFORM_MISSING: general({ platform: undefined }),
  SCATTER_BLOCK_SIZE_GUESSED: general({ block_size: undefined }),
  SCATTER_KEY_UNKNOWN: partition({ colour: 'blue' }),
  SCATTER_KEY_MISSING: partition({ partition_size: undefined }),
  SCATTER_KEY_REPEATED: partition({}, '  partition_size: 0x4\n'),
  SCATTER_VALUE_UNREADABLE: partition({ partition_size: 'large' }),
  SCATTER_LINE_UNREADABLE: partition({}, 'a line of prose\n'),
  SCATTER_ENCODING: scatter(
    Uint8Array.from(headText() + partitionText(0, 'lk', { file_name: 'lk\xe9.img' }), (letter) => letter.charCodeAt(0)),
  ),
  SCATTER_NAME_TOO_LONG: scatter(headText() + partitionText(0, 'a'.repeat(70))),
  SCATTER_FILE_NOT_NAMED: partition({ file_name: 'NONE' }),
  SCATTER_OPERATION_UNKNOWN: partition({ operation_type: 'DANCE' }),
  SCATTER_TYPE_UNKNOWN: partition({ type: 'SCROLL' }),
  SCATTER_REGION_UNKNOWN: partition({ region: 'EMMC_ATTIC' }),
  SCATTER_ADDRESS_UNALIGNED: partition(at('0x81')),
  SCATTER_ADDRESS_UNKNOWN: partition({ physical_start_addr: undefined, linear_start_addr: undefined }),
  SCATTER_ADDRESS_RECOMPUTED: scatter(
    headText() +
      ['0x600000', '0x700000', '0x800000']
        .map((linear, i) => partitionText(i, `p${i}`, { physical_start_addr: '0x0', linear_start_addr: linear }))
        .join(''),
  ),
  SCATTER_SIZE_UNKNOWN: partition({ partition_size: '0x0' }, partitionText(1, 'boot', at('0x100000'))),
  SCATTER_PARTITIONS_OVERLAP: partition({}, partitionText(1, 'boot', at('0x80000'))),
  SCATTER_PARTITION_REPEATED: partition({}, partitionText(1, 'lk', at('0x100000'))),
  SCATTER_INDEX_REPEATED: partition({}, partitionText(0, 'boot', at('0x100000'))),
  SCATTER_TOO_MANY_PARTITIONS: scatter(
    headText() +
      Array.from({ length: 130 }, (_, i) => partitionText(i, `p${i}`, at(`0x${(i << 20).toString(16)}`))).join(''),
  ),
  SCATTER_ADDRESS_ORDER: braces(block('UBOOT', '0x2000') + block('BOOTIMG', '0x1000')),
  SCATTER_BRACE_MISSING: braces('UBOOT 0x1000\n{\nBOOTIMG 0x2000\n{\n}\n'),
};
