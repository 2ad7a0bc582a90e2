import { describe, expect, test } from 'vitest';
import { UnbrickError } from '../../errors/unbrick-error.js';
import { parseScatter } from './parse-scatter.js';
import type { ScatterFile } from './scatter.js';
import { gptScatter, multiScatter, utf8, xmlScatter } from './scatter-text.fixture.js';

const parse = (content: string | Uint8Array) =>
  parseScatter('MT6789_Android_scatter.xml', typeof content === 'string' ? utf8(content) : content);
const told = (scatter: ScatterFile) => scatter.problems.map((each) => `${each.severity} ${each.code} ${each.line}`);
const bare = (scatter: ScatterFile) =>
  scatter.layouts.map((layout) => ({
    ...layout,
    partitions: layout.partitions.map(({ line: _, ...each }) => each),
  }));

/** A package for one storage, written out as the makers' tools do. */
const SMALL = `<?xml version="1.0" encoding="utf-8"?>
<root>
  <general name="MTK_PLATFORM_CFG">
    <config_version name="V2.2.0"><platform>MT6789</platform><project>demo</project></config_version>
  </general>
  <storage_type name="UFS">
    <general name="MTK_STORAGE_CFG">
      <storage name="UFS"><boot_channel>NONE</boot_channel><block_size>0x1000</block_size></storage>
    </general>
    <partition_index name="SYS0">
      <partition_name>preloader</partition_name>
      <file_name>preloader_demo.bin</file_name>
      <is_download>true</is_download>
      <type>SV5_BL_BIN</type>
      <linear_start_addr>0x0</linear_start_addr>
      <physical_start_addr>0x0</physical_start_addr>
      <partition_size>0x400000</partition_size>
      <region>UFS_LU0_LU1</region>
      <storage>HW_STORAGE_UFS</storage>
      <boundary_check>true</boundary_check>
      <is_reserved>false</is_reserved>
      <operation_type>BOOTLOADERS</operation_type>
      <is_upgradable>true</is_upgradable>
      <empty_boot_needed>false</empty_boot_needed>
      <combo_partsize_check>false</combo_partsize_check>
      <reserve>0x00</reserve>
    </partition_index>
  </storage_type>
</root>
`;

describe('a scatter file in XML form', () => {
  test('V2.2: one section a storage, every field with its line', () => {
    const scatter = parse(SMALL);
    expect(scatter).toMatchObject({
      form: 'xml',
      version: 'V2.2.0',
      platform: 'MT6789',
      project: 'demo',
      problems: [],
    });
    expect(scatter.layouts).toEqual([
      {
        storage: 'ufs',
        blockSize: 0x1000,
        bootChannel: 'NONE',
        partitions: [
          {
            name: 'preloader',
            fileName: 'preloader_demo.bin',
            isDownload: true,
            type: 'SV5_BL_BIN',
            linearStart: 0,
            start: 0,
            size: 0x400000,
            region: 'lu0+lu1',
            operation: 'BOOTLOADERS',
            operationText: 'BOOTLOADERS',
            boundaryCheck: true,
            isReserved: false,
            storage: 'ufs',
            isUpgradable: true,
            emptyBootNeeded: false,
            comboSizeCheck: false,
            line: 10,
            index: 0,
          },
        ],
      },
    ]);
  });

  test.each([
    ['V1 without sections', gptScatter()],
    ['V2 with sections', multiScatter()],
  ])('%s says the same as the text form', (_what, text) => {
    const scatter = parse(xmlScatter(text));
    expect(scatter.problems).toEqual([]);
    expect(bare(scatter)).toEqual(bare(parse(text)));
  });

  test.each<[string, (text: string) => string]>([
    ['a byte order mark', (text) => `\ufeff${text}`],
    ['CRLF and tabs', (text) => text.replaceAll('\n', '\r\n').replaceAll('  ', '\t')],
    [
      'capitals in names',
      (text) => text.replaceAll(/<(\/?)(\w+)/g, (_, slash, name) => `<${slash}${name.toUpperCase()}`),
    ],
    ['comments', (text) => text.replaceAll('<storage ', '<!-- <partition_index> --><storage ')],
    ['blanks around values', (text) => text.replaceAll(/>([^<\s][^<]*)</g, '> $1 <')],
  ])('%s makes no difference', (_what, change) => {
    const scatter = parse(change(xmlScatter()));
    expect(scatter.problems).toEqual([]);
    expect(bare(scatter)).toEqual(bare(parse(multiScatter())));
  });

  test('comments in an older encoding do not matter, values do', () => {
    const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
    const commented = parse(bytes(SMALL.replace('<root>', '<!-- \u00b5\u00e7 -->\n<root>')));
    expect(told(commented)).toEqual(['warning SCATTER_ENCODING 2']);
    const value = parse(bytes(SMALL.replace('<project>demo', '<project>d\u00e9mo')));
    expect(told(value)).toEqual(['warning SCATTER_ENCODING 4', 'warning SCATTER_ENCODING 4']);
  });

  test('the whole list twice, as some makers write it: identical repeats are dropped', () => {
    const section = SMALL.slice(SMALL.indexOf('    <partition_index'), SMALL.indexOf('  </storage_type>'));
    const scatter = parse(SMALL.replace(section, section + section));
    expect(scatter.layouts[0]?.partitions).toHaveLength(1);
    expect(told(scatter)).toEqual(['warning SCATTER_PARTITION_REPEATED 28']);
  });

  test.each([
    ['a missing value', SMALL.replace(/ *<partition_size>.*\n/, ''), ['error SCATTER_KEY_MISSING 10']],
    ['an unknown operation', SMALL.replace('>BOOTLOADERS<', '>WHATEVER<'), ['error SCATTER_OPERATION_UNKNOWN 22']],
    ['an unknown key', SMALL.replace(/reserve>/g, 'slots>'), ['warning SCATTER_KEY_UNKNOWN 26']],
    ['a nested value', SMALL.replace('0x00<', '<a/>0x00<'), ['warning SCATTER_LINE_UNREADABLE 26']],
    ['a value twice', SMALL.replace('<type>', '<type>NONE</type><type>'), ['error SCATTER_KEY_REPEATED 14']],
  ])('%s is told with its line', (_what, text, expected) => {
    expect(told(parse(text))).toEqual(expected);
  });

  test.each([
    ['cut off', SMALL.slice(0, -100), 'damaged'],
    ['a tag that does not close', SMALL.replace('</type>', '</typ>'), 'damaged'],
    [
      'without partitions',
      SMALL.replace(/ *<partition_index[\s\S]*<\/partition_index>\n/, ''),
      'describes no partition',
    ],
  ])('%s: refused', (_what, text, words) => {
    expect(() => parse(text)).toThrowError(UnbrickError);
    expect(() => parse(text)).toThrowError(words);
  });
});
