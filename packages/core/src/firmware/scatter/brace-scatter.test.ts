import { describe, expect, test } from 'vitest';
import { UnbrickError } from '../../errors/unbrick-error.js';
import { MemoryFolder } from '../memory-folder.js';
import { openFirmware } from '../package.js';
import { parseScatter } from './parse-scatter.js';
import { resolveSize, resolveStart, type ScatterFile, type ScatterLayout } from './scatter.js';
import { utf8 } from './scatter-text.fixture.js';

const block = (name: string, address: string) => `${name} ${address}\n{\n}\n`;

/** In the form of real files for phones with NAND flash. */
const NAND = [
  ['PRELOADER', '0x0'],
  ['DSP_BL', '0x40000'],
  ['__NODL_NVRAM', '0x100000'],
  ['UBOOT', '0x420000'],
  ['BOOTIMG', '0x480000'],
  ['__NODL_RSV_PMT', '0x980000'],
  ['ANDROID', '0x13a0000'],
  ['__NODL_CACHE', '0x13aa0000'],
  ['USRDATA', '0x176a0000'],
  ['__NODL_BMTPOOL', '0xFFFF0050'],
] as const;

/** For phones with eMMC: the boot area first in the linear map, then the user area from the MBR on. */
const EMMC = [
  ['PRELOADER', '0x0'],
  ['DSP_BL', '0x40000'],
  ['MBR', '0x600000'],
  ['EBR1', '0x604000'],
  ['__NODL_PRO_INFO', '0x684000'],
  ['UBOOT', '0x984000'],
  ['__NODL_FAT', '0x40984000'],
  ['__NODL_BMTPOOL', '0xffff00a8'],
] as const;

const text = (rows: readonly (readonly [string, string])[]) => rows.map(([name, at]) => block(name, at)).join('');
const parse = (content: string, fileName: string) => parseScatter(fileName, utf8(content));
const nand = (content = text(NAND)) => parse(content, 'MT6575_Android_scatter.txt');
const emmc = (content = text(EMMC)) => parse(content, 'MT6577_Android_scatter_emmc.txt');
const layoutOf = (scatter: ScatterFile) => scatter.layouts[0] as ScatterLayout;
const part = (scatter: ScatterFile, name: string) => {
  const found = layoutOf(scatter).partitions.find((each) => each.name === name);
  if (!found) throw new Error(`no partition ${name}`);
  return found;
};
const told = (scatter: ScatterFile) => scatter.problems.map((each) => `${each.severity} ${each.code} ${each.line}`);

describe('a scatter file of the oldest form', () => {
  test('for NAND: names, sizes from the distances, everything else by name', () => {
    const scatter = nand();
    expect(scatter).toMatchObject({ form: 'brace', version: 'V0', platform: 'MT6575', project: '' });
    expect(layoutOf(scatter)).toMatchObject({ storage: 'nand', blockSize: 0x20000 });
    expect(layoutOf(scatter).partitions.map((each) => [each.name, each.start, each.size, each.isDownload])).toEqual([
      ['PRELOADER', 0, 0x40000, true],
      ['DSP_BL', 0x40000, 0xc0000, true],
      ['NVRAM', 0x100000, 0x320000, false],
      ['UBOOT', 0x420000, 0x60000, true],
      ['BOOTIMG', 0x480000, 0x500000, true],
      ['PMT', 0x980000, 0xa20000, false],
      ['ANDROID', 0x13a0000, 0x12700000, true],
      ['CACHE', 0x13aa0000, 0x3c00000, false],
      ['USRDATA', 0x176a0000, 0, true],
      ['BMTPOOL', 0xffff0050, 0, false],
    ]);
    expect(part(scatter, 'PRELOADER')).toMatchObject({
      fileName: 'preloader*.bin',
      type: 'SV5_BL_BIN',
      operation: 'BOOTLOADERS',
      region: 'nand',
      line: 1,
    });
    expect(part(scatter, 'UBOOT').fileAlternatives).toEqual(['lk.bin', 'uboot*.bin']);
    expect(part(scatter, 'NVRAM')).toMatchObject({ operation: 'BINREGION', line: 7 });
    expect(part(scatter, 'NVRAM')).not.toHaveProperty('fileName');
    expect(part(scatter, 'PMT')).toMatchObject({ operation: 'RESERVED', isReserved: true });
    expect(part(scatter, 'CACHE').operation).toBe('INVISIBLE');
    expect(part(scatter, 'ANDROID')).toMatchObject({ operation: 'UPDATE', type: 'YAFFS_IMG' });
    expect(told(scatter)).toEqual(['warning SCATTER_BLOCK_SIZE_GUESSED 28']);
  });

  test('the pool at the end is counted from the end, never a place', () => {
    const scatter = nand();
    const pool = part(scatter, 'BMTPOOL');
    expect(pool).toMatchObject({ endRelativeBlocks: 0x50, operation: 'RESERVED', isReserved: true });
    const size = 0x20000000;
    expect(resolveStart(pool, size, 0x20000)).toBe(size - 0x50 * 0x20000);
    expect(resolveSize(part(scatter, 'USRDATA'), layoutOf(scatter), size)).toBe(size - 0x50 * 0x20000 - 0x176a0000);
  });

  test('for eMMC: the user area begins with the MBR', () => {
    const scatter = emmc();
    expect(scatter.platform).toBe('MT6577');
    expect(layoutOf(scatter).storage).toBe('emmc');
    expect(layoutOf(scatter).partitions.map((each) => [each.name, each.region, each.start, each.size])).toEqual([
      ['PRELOADER', 'boot1', 0, 0x40000],
      ['DSP_BL', 'boot1', 0x40000, 0x5c0000],
      ['MBR', 'user', 0, 0x4000],
      ['EBR1', 'user', 0x4000, 0x80000],
      ['PRO_INFO', 'user', 0x84000, 0x300000],
      ['UBOOT', 'user', 0x384000, 0x40000000],
      ['FAT', 'user', 0x40384000, 0],
      ['BMTPOOL', 'user', 0xffff00a8, 0],
    ]);
    expect(part(scatter, 'MBR')).toMatchObject({ fileName: 'MBR', linearStart: 0x600000, type: 'MBR_BIN' });
    expect(part(scatter, 'PRO_INFO').operation).toBe('PROTECTED');
  });

  test.each<[string, (content: string) => string]>([
    ['CRLF', (content) => content.replaceAll('\n', '\r\n')],
    ['all on one line', (content) => content.replaceAll('\n', ' ')],
    ['braces without blanks, tabs', (content) => content.replaceAll('\n{\n}', '{}').replaceAll(' ', '\t')],
    ['a byte order mark', (content) => `\ufeff${content}`],
    ['blank lines', (content) => content.replaceAll('\n', '\n\n')],
    [
      'upper-case numbers',
      (content) => content.replaceAll(/0x[0-9a-f]+/g, (each) => `0x${each.slice(2).toUpperCase()}`),
    ],
  ])('%s makes no difference', (_what, change) => {
    const plain = layoutOf(nand()).partitions.map(({ line: _, ...each }) => each);
    expect(layoutOf(nand(change(text(NAND)))).partitions.map(({ line: _, ...each }) => each)).toEqual(plain);
  });

  test.each<[string, string, string[]]>([
    ['an address that is none', block('UBOOT', '420000'), ['error SCATTER_VALUE_UNREADABLE 1']],
    ['a hidden one without address', block('__NODL_MISC', 'x'), ['warning SCATTER_VALUE_UNREADABLE 1']],
    ['descending addresses', block('UBOOT', '0x2000') + block('BOOTIMG', '0x1000'), ['error SCATTER_ADDRESS_ORDER 4']],
    ['an odd address', block('UBOOT', '0x2001'), ['error SCATTER_ADDRESS_UNALIGNED 1']],
    ['a name nobody knows', block('EXTRA', '0x1000'), ['warning SCATTER_FILE_NOT_NAMED 1']],
    ['a name alone', `UBOOT\n{\n}\n`, ['error SCATTER_LINE_UNREADABLE 1']],
    ['something between the braces', 'UBOOT 0x1000\n{\nhello\n}\n', ['warning SCATTER_LINE_UNREADABLE 3']],
    ['an open brace', 'UBOOT 0x1000\n{\nBOOTIMG 0x2000\n{\n}\n', ['error SCATTER_BRACE_MISSING 2']],
    ['an open brace at the end', 'UBOOT 0x1000\n{\n', ['warning SCATTER_BRACE_MISSING 2']],
    ['a name at the end', `${block('UBOOT', '0x1000')}BOOTIMG 0x20`, ['error SCATTER_BRACE_MISSING 4']],
    ['a brace too many', `${block('UBOOT', '0x1000')}}\n`, ['warning SCATTER_BRACE_MISSING 4']],
    [
      'the same partition twice',
      block('UBOOT', '0x1000') + block('UBOOT', '0x2000'),
      ['error SCATTER_PARTITION_REPEATED 4'],
    ],
  ])('%s is told with its line', (_what, content, expected) => {
    // One good partition before, so that the file is not refused as a whole; its lines are counted off again.
    const scatter = nand(block('LOGO', '0x0') + content);
    const shifted = scatter.problems.map((each) => `${each.severity} ${each.code} ${each.line - 3}`);
    expect(shifted).toEqual(expected);
  });

  test('storage and chip that the name does not tell are guessed aloud or not at all', () => {
    const renamed = parse(text(EMMC), 'scatter.txt');
    expect(renamed.platform).toBe('');
    expect(layoutOf(renamed).storage).toBe('emmc');
    expect(told(renamed)).toEqual([
      'warning SCATTER_PLATFORM_MISSING 1',
      'warning SCATTER_STORAGE_GUESSED 7',
      'warning SCATTER_BLOCK_SIZE_GUESSED 22',
    ]);
    const lost = emmc(text(NAND));
    expect(told(lost)).toContain('error SCATTER_ADDRESS_UNKNOWN 1');
    expect(part(lost, 'UBOOT').region).toBe('none');
  });

  test('a list without one usable block is refused', () => {
    expect(() => nand('UBOOT 0x\n{\n}\nA 0x12g {}')).toThrowError(UnbrickError);
    expect(() => nand('UBOOT 0x99999999999999999999999999999999\n{\n}\n')).toThrowError(
      expect.objectContaining({ code: 'SCATTER_UNREADABLE' }),
    );
  });
});

describe('a firmware with a scatter file of the oldest form', () => {
  const open = (files: Record<string, string>) =>
    openFirmware(new MemoryFolder('rom', { 'MT6577_Android_scatter_emmc.txt': text(EMMC), ...files }));

  test('images are found by the names that belong to their partitions', async () => {
    const firmware = await open({ 'preloader_demo.bin': 'p', MBR: 'm', ebr1: 'e', 'uboot_demo.bin': 'u', DSP_BL: 'd' });
    const partitions = layoutOf(firmware.scatter).partitions;
    expect(partitions.filter((each) => each.isDownload).map((each) => firmware.fileFor(each))).toEqual([
      'preloader_demo.bin',
      'DSP_BL',
      'MBR',
      'ebr1',
      'uboot_demo.bin',
    ]);
    expect(firmware.preloaderPath).toBe('preloader_demo.bin');
    expect(firmware.problems).toEqual([]);
  });

  test('what is absent or unclear is not ticked, and told', async () => {
    const firmware = await open({
      'preloader_a.bin': '',
      'preloader_b.bin': '',
      MBR: '',
      'lk.bin': '',
      'uboot_x.bin': '',
    });
    const partitions = layoutOf(firmware.scatter).partitions;
    expect(partitions.filter((each) => each.isDownload).map((each) => firmware.fileFor(each))).toEqual([
      'MBR',
      'lk.bin',
    ]);
    expect(firmware.problems.map((each) => each.code)).toEqual([
      'FIRMWARE_FILE_AMBIGUOUS',
      'FIRMWARE_FILES_ABSENT',
      'PRELOADER_AMBIGUOUS',
    ]);
    expect(firmware.problems[0]?.message).toContain('preloader_a.bin, preloader_b.bin');
  });
});
