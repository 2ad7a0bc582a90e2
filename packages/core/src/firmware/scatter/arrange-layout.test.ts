import { describe, expect, test } from 'vitest';
import { parseScatter } from './parse-scatter.js';
import type { ScatterFile, ScatterPartition } from './scatter.js';
import { headText, partitionText, type ScatterKeys, utf8 } from './scatter-text.fixture.js';

const FILE = 'MT6735_Android_scatter.txt';
const parse = (text: string, fileName = FILE) => parseScatter(fileName, utf8(text));

function partition(scatter: ScatterFile, name: string, layout = 0): ScatterPartition {
  const found = scatter.layouts[layout]?.partitions.find((each) => each.name === name);
  if (!found) throw new Error(`no partition ${name}`);
  return found;
}

const problems = (scatter: ScatterFile) => scatter.problems.map((each) => `${each.severity} ${each.code} ${each.line}`);
const kinds = (scatter: ScatterFile) => scatter.problems.map((each) => `${each.severity} ${each.code}`);

describe('the partitions of a layout together', () => {
  /** As a real MT6582 file: every physical address 0, the boot areas first in the linear map. */
  const zeroed = () => {
    const user = (linear: string, more: ScatterKeys = {}) => ({ linear_start_addr: linear, ...more });
    return (
      headText({ config_version: 'V1.1.1', platform: 'MT6582' }) +
      partitionText(0, 'PRELOADER', {
        type: 'SV5_BL_BIN',
        region: 'EMMC_BOOT_1',
        partition_size: '0xc00000',
        operation_type: 'BOOTLOADERS',
      }) +
      partitionText(1, 'MBR', user('0xc00000', { partition_size: '0x80000' })) +
      partitionText(2, 'EBR1', user('0xc80000', { partition_size: '0x80000' })) +
      partitionText(
        3,
        'NVRAM',
        user('0x1000000', { partition_size: '0x500000', is_download: 'false', operation_type: 'BINREGION' }),
      ) +
      partitionText(4, 'ANDROID', user('0xb000000', { partition_size: '0x94000000' })) +
      partitionText(
        5,
        'BMTPOOL',
        user('0xFFFF00a8', {
          partition_size: '0x1500000',
          is_download: 'false',
          is_reserved: 'true',
          operation_type: 'RESERVED',
        }),
      )
    );
  };

  test('physical addresses left at 0 are worked out from the linear ones', () => {
    const scatter = parse(zeroed(), 'MT6582_Android_scatter.txt');
    expect(scatter.layouts[0]?.partitions.map((each) => [each.name, each.start])).toEqual([
      ['PRELOADER', 0],
      ['MBR', 0],
      ['EBR1', 0x80000],
      ['NVRAM', 0x400000],
      ['ANDROID', 0xa400000],
      ['BMTPOOL', 0xffff00a8],
    ]);
    expect(partition(scatter, 'BMTPOOL')).toMatchObject({ endRelativeBlocks: 0xa8, isReserved: true });
    expect(kinds(scatter)).toEqual(['warning SCATTER_ADDRESS_RECOMPUTED']);
  });

  test('the same when the physical addresses are missing altogether', () => {
    const scatter = parse(zeroed().replace(/ *physical_start_addr.*\n/g, ''), 'MT6582_Android_scatter.txt');
    expect(partition(scatter, 'ANDROID').start).toBe(0xa400000);
    expect(partition(scatter, 'PRELOADER').start).toBe(0);
    expect(kinds(scatter)).toEqual(['warning SCATTER_ADDRESS_RECOMPUTED']);
  });

  test('without usable linear addresses it is an error', () => {
    expect(kinds(parse(zeroed().replace(/linear_start_addr: .*/g, 'linear_start_addr: 0x0')))).toContain(
      'error SCATTER_ADDRESS_UNKNOWN',
    );
    expect(kinds(parse(zeroed().replace(/ *(linear|physical)_start_addr: .*\n/g, '')))).toContain(
      'error SCATTER_ADDRESS_UNKNOWN',
    );
  });

  test('one physical address that is given keeps its value', () => {
    const scatter = parse(
      zeroed().replace(/(linear_start_addr: 0xb000000\n *physical_start_addr:) 0x0/, '$1 0xa400000'),
    );
    expect(partition(scatter, 'ANDROID').start).toBe(0xa400000);
    expect(partition(scatter, 'EBR1').start).toBe(0x80000);
  });

  test('overlaps are told, as an error when one of the two is ticked', () => {
    const list = (ticked: string) =>
      headText() +
      partitionText(0, 'a', { is_download: ticked, partition_size: '0x300000' }) +
      partitionText(1, 'b', { is_download: ticked, physical_start_addr: '0x100000' }) +
      partitionText(2, 'c', { is_download: ticked, physical_start_addr: '0x280000' }) +
      partitionText(3, 'd', { is_download: ticked, physical_start_addr: '0x400000' });
    const scatter = parse(list('true'));
    expect(problems(scatter)).toEqual(['error SCATTER_PARTITIONS_OVERLAP 36', 'error SCATTER_PARTITIONS_OVERLAP 53']);
    expect(scatter.problems[0]?.message).toBe('a (line 19) ends at 0x300000, but b begins at 0x100000: they overlap.');
    expect(kinds(parse(list('false')))).toEqual([
      'warning SCATTER_PARTITIONS_OVERLAP',
      'warning SCATTER_PARTITIONS_OVERLAP',
    ]);
  });

  test('super over the place of its members is told, but no error', () => {
    const list = (name: string) =>
      parse(
        headText() +
          partitionText(0, 'vendor', { partition_size: '0x300000' }) +
          partitionText(1, name, { physical_start_addr: '0x100000' }),
      );
    expect(kinds(list('super'))).toEqual(['warning SCATTER_PARTITIONS_OVERLAP']);
    expect(kinds(list('product'))).toEqual(['error SCATTER_PARTITIONS_OVERLAP']);
  });

  test('both boot copies and the first of them are the same place', () => {
    const scatter = parse(
      headText() +
        partitionText(0, 'preloader', { region: 'EMMC_BOOT1_BOOT2' }) +
        partitionText(1, 'preloader2', { region: 'EMMC_BOOT_1' }),
    );
    expect(kinds(scatter)).toEqual(['error SCATTER_PARTITIONS_OVERLAP']);
  });

  test('a partition that stands twice: an exact repeat is dropped, another is an error', () => {
    const block = (size: string) => partitionText(1, 'boot', { physical_start_addr: '0x80000', partition_size: size });
    const same = parse(headText() + block('0x1000') + block('0x1000').replace('SYS1', 'SYS7'));
    expect(same.layouts[0]?.partitions).toHaveLength(1);
    expect(kinds(same)).toEqual(['warning SCATTER_PARTITION_REPEATED']);
    const other = parse(headText() + block('0x1000') + block('0x2000').replace('boot', 'BOOT'));
    expect(other.layouts[0]?.partitions.map((each) => each.size)).toEqual([0x1000]);
    expect(kinds(other)).toEqual(['error SCATTER_PARTITION_REPEATED']);
  });
});
