import { describe, expect, test } from 'vitest';
import { UnbrickError } from '../../errors/unbrick-error.js';
import { parseScatter } from './parse-scatter.js';
import { layoutFor, resolveSize, resolveStart, type ScatterFile, type ScatterPartition } from './scatter.js';
import { gptScatter, headText, multiScatter, partitionText, type ScatterKeys, utf8 } from './scatter-text.fixture.js';

const FILE = 'MT6735_Android_scatter.txt';
const parse = (text: string, fileName = FILE) => parseScatter(fileName, utf8(text));

function partition(scatter: ScatterFile, name: string, layout = 0): ScatterPartition {
  const found = scatter.layouts[layout]?.partitions.find((each) => each.name === name);
  if (!found) throw new Error(`no partition ${name}`);
  return found;
}

/** A file with pgpt and one more partition, whose keys are given. */
const one = (keys: ScatterKeys, head: ScatterKeys = {}) =>
  parse(
    headText(head) +
      partitionText(0, 'pgpt', {
        file_name: 'NONE',
        is_download: 'false',
        operation_type: 'INVISIBLE',
        partition_size: '0x80000',
      }) +
      partitionText(1, 'boot', { physical_start_addr: '0x80000', ...keys }),
  );

const problems = (scatter: ScatterFile) => scatter.problems.map((each) => `${each.severity} ${each.code} ${each.line}`);
const kinds = (scatter: ScatterFile) => scatter.problems.map((each) => `${each.severity} ${each.code}`);

function refusal(text: string | Uint8Array, fileName = FILE): UnbrickError {
  try {
    parseScatter(fileName, typeof text === 'string' ? utf8(text) : text);
  } catch (error) {
    expect(error).toBeInstanceOf(UnbrickError);
    return error as UnbrickError;
  }
  throw new Error('it was read');
}

describe('a V1 scatter file', () => {
  test('gives its head and every partition with its line', () => {
    const scatter = parse(gptScatter());
    expect(scatter).toMatchObject({
      fileName: FILE,
      version: 'V1.1.2',
      platform: 'MT6735',
      project: 'demo',
      problems: [],
    });
    expect(scatter.layouts).toHaveLength(1);
    expect(scatter.layouts[0]).toMatchObject({ storage: 'emmc', blockSize: 0x20000, bootChannel: 'MSDC_0' });
    expect(scatter.layouts[0]?.partitions.map((each) => each.name)).toEqual(
      'preloader pgpt nvram lk boot system userdata flashinfo sgpt'.split(' '),
    );
    expect(partition(scatter, 'preloader')).toEqual({
      name: 'preloader',
      fileName: 'preloader_demo.bin',
      isDownload: true,
      type: 'SV5_BL_BIN',
      linearStart: 0,
      start: 0,
      size: 0x40000,
      region: 'boot1+boot2',
      operation: 'BOOTLOADERS',
      operationText: 'BOOTLOADERS',
      boundaryCheck: true,
      isReserved: false,
      storage: 'emmc',
      isUpgradable: true,
      emptyBootNeeded: false,
      line: 19,
      index: 0,
    });
    expect(partition(scatter, 'nvram')).toMatchObject({
      isDownload: false,
      operation: 'BINREGION',
      region: 'user',
      line: 53,
    });
    expect(partition(scatter, 'nvram')).not.toHaveProperty('fileName');
    // Beyond 32 bits.
    expect(partition(scatter, 'userdata').start).toBe(0x1_1400_0000);
  });

  test('end-relative addresses are kept apart and resolved from the end of the region', () => {
    const scatter = parse(gptScatter());
    const layout = scatter.layouts[0] as ScatterFile['layouts'][0];
    const size = 0x1_d200_0000;
    const info = partition(scatter, 'flashinfo');
    expect(info).toMatchObject({ endRelativeBlocks: 0x80, isReserved: true, operation: 'RESERVED' });
    expect(resolveStart(info, size, layout.blockSize)).toBe(size - 0x1000000);
    expect(resolveStart(partition(scatter, 'sgpt'), size, layout.blockSize)).toBe(size - 0x4200);
    expect(resolveStart(partition(scatter, 'boot'), size, layout.blockSize)).toBe(0x600000);
    expect(resolveSize(partition(scatter, 'userdata'), layout, size)).toBe(size - 0x1000000 - 0x1_1400_0000);
    expect(resolveSize(partition(scatter, 'boot'), layout, size)).toBe(0x1000000);
  });

  test('a partition outside the storage is refused with both sizes', () => {
    const scatter = parse(gptScatter());
    expect(() => resolveStart(partition(scatter, 'system'), 0x40000000, 0x20000)).toThrowError(
      expect.objectContaining({ code: 'PARTITION_OUTSIDE_STORAGE' }),
    );
    expect(() => resolveStart(partition(scatter, 'flashinfo'), 0x1000, 0x20000)).toThrowError(
      expect.objectContaining({ code: 'PARTITION_OUTSIDE_STORAGE' }),
    );
  });

  test.each([
    ['byte order mark', (text: string) => `\ufeff${text}`],
    ['CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
    ['lone CR', (text: string) => text.replaceAll('\n', '\r')],
    ['tabs', (text: string) => text.replaceAll('  ', '\t').replaceAll(': ', ':\t')],
    ['trailing blanks', (text: string) => text.replaceAll('\n', ' \t \n')],
    [
      'upper-case keys',
      (text: string) => text.replace(/^([\s-]*)([a-z_]+):/gm, (_, dash, key) => `${dash}${key.toUpperCase()}:`),
    ],
    ['quotes', (text: string) => text.replace(/: (\S+)$/gm, ': "$1"')],
    [
      'a third-party header',
      (text: string) => `${'#'.repeat(41)}__WwR_MTK__${'#'.repeat(56)}\n${text.slice(text.indexOf('\n') + 1)}`,
    ],
    ['0x00 for 0x0', (text: string) => text.replace(/0x0$/gm, '0x00')],
    [
      'upper-case numbers',
      (text: string) => text.replace(/0x([0-9a-f]+)$/gm, (_, digits) => `0x${digits.toUpperCase()}`),
    ],
    ['TRUE and False', (text: string) => text.replaceAll('true', 'TRUE').replaceAll('false', 'False')],
    ['no dashes', (text: string) => text.replaceAll('- partition_index', 'partition_index')],
    ['comments behind values', (text: string) => text.replace(/^(\s+region: \S+)$/gm, '$1   # here')],
    ['NUL padding', (text: string) => `${text}\0\0\0\0`],
    ['document marks', (text: string) => `---\n${text.slice(text.indexOf('\n') + 1)}...\n`],
  ])('reads the same with %s', (_what, change) => {
    expect(parse(change(gptScatter()))).toEqual(parse(gptScatter()));
  });

  test('reads UTF-16, as Windows editors save it', () => {
    const text = `\ufeff${gptScatter()}`;
    const bytes = new Uint8Array(text.length * 2);
    for (let i = 0; i < text.length; i++) new DataView(bytes.buffer).setUint16(i * 2, text.charCodeAt(i), true);
    expect(parseScatter(FILE, bytes)).toEqual(parse(gptScatter()));
  });
});

describe('a multi-storage file', () => {
  test('keeps one layout for each storage, numbered by itself', () => {
    const scatter = parse(multiScatter());
    expect(scatter.problems).toEqual([]);
    expect(scatter).toMatchObject({ version: 'V2.1.0', platform: 'MT6785' });
    expect(layoutFor(scatter, 'emmc')).toMatchObject({ blockSize: 0x20000, bootChannel: 'MSDC_0' });
    expect(layoutFor(scatter, 'ufs')).toMatchObject({ blockSize: 0x80000, bootChannel: 'UFSHCI_0' });
    expect(layoutFor(scatter, 'nand')).toBeUndefined();
    expect(layoutFor(scatter, 'ufs')?.partitions).toHaveLength(9);
    expect(partition(scatter, 'preloader', 1)).toMatchObject({ region: 'lu0+lu1', storage: 'ufs', index: 0 });
    expect(partition(scatter, 'boot', 1)).toMatchObject({ region: 'lu2', index: 4 });
  });

  test('sections without their storage_type line are told apart by their general block', () => {
    const scatter = parse(multiScatter().replace(/- storage_type: .*\n/g, ''));
    expect(scatter).toEqual({ ...parse(multiScatter()), layouts: expect.anything() });
    expect(scatter.layouts.map((each) => [each.storage, each.partitions.length])).toEqual([
      ['emmc', 9],
      ['ufs', 9],
    ]);
  });

  test('a second list for the same storage is an error and not mixed in', () => {
    const scatter = parse(
      multiScatter()
        .replace('- storage_type: UFS', '- storage_type: EMMC')
        .replace('- storage: UFS', '- storage: EMMC'),
    );
    expect(scatter.layouts).toHaveLength(1);
    expect(kinds(scatter)).toContain('error SCATTER_STORAGE_REPEATED');
  });

  test('a section that contradicts itself is an error', () => {
    expect(kinds(parse(multiScatter().replace('- storage: UFS', '- storage: NAND')))).toContain(
      'error SCATTER_STORAGE_CONFLICT',
    );
  });

  test('NOR storage alone is refused by name', () => {
    const error = refusal(gptScatter({ storage: 'NOR' }));
    expect(error.code).toBe('SCATTER_UNSUPPORTED');
    expect(error.message).toContain('NOR');
  });
});

describe('quirks', () => {
  test.each<[string, ScatterKeys, Partial<ScatterPartition>, string[]]>([
    ['no storage', { storage: undefined }, { storage: 'emmc' }, []],
    ['no is_reserved', { is_reserved: undefined }, { isReserved: false }, []],
    ['no boundary_check', { boundary_check: undefined }, { boundaryCheck: true }, []],
    ['no type', { type: undefined }, { type: 'NONE' }, []],
    ['type in lower case', { type: 'ext4_img' }, { type: 'EXT4_IMG' }, []],
    ['no linear address', { linear_start_addr: undefined }, { start: 0x80000 }, []],
    ['ticked without a file', { file_name: 'NONE' }, { isDownload: true }, ['warning SCATTER_FILE_NOT_NAMED']],
    ['file in a folder', { file_name: 'images/boot.img' }, { fileName: 'images/boot.img' }, []],
    ['size 0', { partition_size: '0x0' }, { size: 0 }, []],
    ['no size', { partition_size: undefined }, { size: 0 }, ['error SCATTER_KEY_MISSING']],
    ['no is_download', { is_download: undefined }, { isDownload: false }, ['warning SCATTER_KEY_MISSING']],
    ['unreadable is_download', { is_download: 'maybe' }, { isDownload: false }, ['warning SCATTER_VALUE_UNREADABLE']],
    [
      'unknown operation',
      { operation_type: 'NEEDCHECKSIZE' },
      { operation: 'UNKNOWN', operationText: 'NEEDCHECKSIZE' },
      ['error SCATTER_OPERATION_UNKNOWN'],
    ],
    [
      'unknown operation, not ticked',
      { operation_type: 'X', is_download: 'false' },
      { operation: 'UNKNOWN' },
      ['warning SCATTER_OPERATION_UNKNOWN'],
    ],
    [
      'no operation',
      { operation_type: undefined },
      { operation: 'UNKNOWN', operationText: '' },
      ['error SCATTER_KEY_MISSING'],
    ],
    ['unknown region', { region: 'EMMC_USERS' }, { region: 'none' }, ['error SCATTER_REGION_UNKNOWN']],
    ['no region', { region: undefined }, { region: 'none' }, ['error SCATTER_KEY_MISSING']],
    ['region of an object member', { region: 'constructor' }, { region: 'none' }, ['error SCATTER_REGION_UNKNOWN']],
    ['size without 0x', { partition_size: '100000' }, { size: 0 }, ['error SCATTER_VALUE_UNREADABLE']],
    ['size beyond 2^53', { partition_size: '0xffffffffffffffff' }, { size: 0 }, ['error SCATTER_VALUE_UNREADABLE']],
    ['odd address', { physical_start_addr: '0x80002' }, { start: 0x80002 }, ['error SCATTER_ADDRESS_UNALIGNED']],
    ['an unknown key', { slot_count: '2' }, {}, ['warning SCATTER_KEY_UNKNOWN']],
    [
      'end-relative without is_reserved',
      { physical_start_addr: '0xffff0004', is_reserved: undefined },
      { endRelativeBlocks: 4, isReserved: true },
      [],
    ],
    ['just below the end-relative range', { physical_start_addr: '0xfffe0000' }, { start: 0xfffe0000 }, []],
    ['just above the end-relative range', { physical_start_addr: '0x100000000' }, { start: 0x1_0000_0000 }, []],
  ])('%s', (_what, keys, expected, told) => {
    const scatter = one(keys);
    expect(partition(scatter, 'boot')).toMatchObject(expected);
    expect(kinds(scatter)).toEqual(told);
    if (expected.start !== undefined && expected.start < 0xffff0000) {
      expect(partition(scatter, 'boot')).not.toHaveProperty('endRelativeBlocks');
    }
  });

  test('a key that stands twice: the same value passes, another is an error', () => {
    const text = gptScatter();
    expect(
      parse(text.replace('    file_name: boot.img', '    file_name: boot.img\n    file_name: boot.img')).problems,
    ).toEqual([]);
    const twice = parse(
      text.replace('partition_size: 0x1000000\n', 'partition_size: 0x1000000\n  partition_size: 0x2000000\n'),
    );
    expect(partition(twice, 'boot').size).toBe(0x1000000);
    expect(kinds(twice)).toEqual(['error SCATTER_KEY_REPEATED']);
    expect(
      parse(text.replace('partition_size: 0x1000000\n', 'partition_size: 0x1000000\n  partition_size: 0x01000000\n'))
        .problems,
    ).toEqual([]);
  });

  test('a lost partition_index line does not melt two partitions into one', () => {
    const scatter = parse(gptScatter().replace('- partition_index: SYS4\n', ''));
    expect(scatter.layouts[0]?.partitions.map((each) => each.name)).toContain('boot');
    expect(partition(scatter, 'lk').fileName).toBe('lk.bin');
    expect(kinds(scatter)).toEqual(['warning SCATTER_KEY_MISSING']);
  });

  test('a partition of another storage is left out, loudly when it is ticked', () => {
    const scatter = one({ region: 'UFS_LU2' });
    expect(scatter.layouts[0]?.partitions.map((each) => each.name)).toEqual(['pgpt']);
    expect(kinds(scatter)).toEqual(['error SCATTER_STORAGE_CONFLICT']);
  });

  test('NAND: region NONE is the one region it has', () => {
    const scatter = one({ region: 'NONE' }, { storage: 'NAND' });
    expect(partition(scatter, 'boot').region).toBe('nand');
  });

  test('storage, platform and block size that are missing are guessed and told', () => {
    const scatter = parse(
      gptScatter({ storage: undefined, platform: undefined, block_size: undefined }),
      'MT6757D_Android_scatter.txt',
    );
    expect(scatter.platform).toBe('MT6757D');
    expect(scatter.layouts[0]).toMatchObject({ storage: 'emmc', blockSize: 0x20000 });
    expect(kinds(scatter).sort()).toEqual([
      'warning SCATTER_BLOCK_SIZE_GUESSED',
      'warning SCATTER_PLATFORM_MISSING',
      'warning SCATTER_STORAGE_GUESSED',
    ]);
  });

  test('a block size of its own is kept, a useless one is not', () => {
    expect(parse(gptScatter({ block_size: '0x40000' })).layouts[0]?.blockSize).toBe(0x40000);
    expect(kinds(parse(gptScatter({ block_size: '0x0' })))).toEqual(['warning SCATTER_BLOCK_SIZE_GUESSED']);
  });

  test('text that is no key is told with its line; an unknown version is told', () => {
    const scatter = parse(`some words\n${gptScatter({ config_version: 'V9.9' })}`);
    expect(problems(scatter)).toEqual(['warning SCATTER_LINE_UNREADABLE 1', 'warning SCATTER_VERSION_UNKNOWN 9']);
  });

  test('a ruined file does not bury its reader', () => {
    const scatter = parse(gptScatter() + 'rubbish\n'.repeat(5000));
    expect(scatter.problems).toHaveLength(21);
    expect(scatter.problems.at(-1)?.message).toBe('There are 4980 more like this.');
  });
});
