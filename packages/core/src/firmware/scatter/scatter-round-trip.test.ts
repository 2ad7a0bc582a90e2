import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseScatter } from './parse-scatter.js';
import type { ScatterFile } from './scatter.js';
import { headText, partitionText, utf8, xmlScatter } from './scatter-text.fixture.js';

/** Whatever layout a maker writes down, every field of it comes back: the parser neither drops nor invents anything. */

const BLOCK = 0x20000;

interface Wanted {
  name: string;
  size: number;
  isDownload: boolean;
  fileName: string | undefined;
  type: string;
  operation: string;
  boundaryCheck: boolean;
  comboSizeCheck: boolean | undefined;
}

const wanted: fc.Arbitrary<Wanted[]> = fc.uniqueArray(
  fc.record({
    name: fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_]{0,20}$/).filter((name) => !/^(none|null)$/i.test(name)),
    // Up to 2^40 bytes: beyond 32 bits.
    size: fc.integer({ min: 1, max: 1 << 23 }).map((blocks) => blocks * BLOCK),
    isDownload: fc.boolean(),
    fileName: fc.option(fc.stringMatching(/^[a-zA-Z0-9][\w.-]{0,20}\.(img|bin)$/), { nil: undefined }),
    type: fc.constantFrom('NORMAL_ROM', 'EXT4_IMG', 'YAFFS_IMG', 'NONE'),
    operation: fc.constantFrom('UPDATE', 'INVISIBLE', 'PROTECTED', 'BINREGION'),
    boundaryCheck: fc.boolean(),
    comboSizeCheck: fc.option(fc.boolean(), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 30, selector: (each) => each.name.toLowerCase() },
);

const written = fc.record({
  partitions: wanted,
  upper: fc.boolean(),
  crlf: fc.boolean(),
  tabs: fc.boolean(),
  mark: fc.boolean(),
  form: fc.constantFrom('text', 'xml'),
});

const hexOf = (value: number, upper: boolean) => `0x${upper ? value.toString(16).toUpperCase() : value.toString(16)}`;

function write(partitions: readonly Wanted[], upper: boolean): { text: string; starts: number[] } {
  const starts: number[] = [];
  let start = BLOCK;
  const blocks = partitions.map((each, i) => {
    starts.push(start);
    const place = hexOf(start, upper);
    start += each.size;
    return partitionText(i, each.name, {
      file_name: each.fileName ?? 'NONE',
      is_download: String(each.isDownload),
      type: each.type,
      linear_start_addr: place,
      physical_start_addr: place,
      partition_size: hexOf(each.size, upper),
      operation_type: each.operation,
      boundary_check: String(each.boundaryCheck),
      combo_partsize_check: each.comboSizeCheck === undefined ? undefined : String(each.comboSizeCheck),
    });
  });
  return { text: headText() + blocks.join(''), starts };
}

test('every field of every partition comes back, in text and XML', () => {
  fc.assert(
    fc.property(written, ({ partitions, upper, crlf, tabs, mark, form }) => {
      const { text, starts } = write(partitions, upper);
      let content = form === 'xml' ? xmlScatter(text) : text;
      if (tabs && form === 'text') content = content.replaceAll(/^ +/gm, '\t');
      if (crlf) content = content.replaceAll('\n', '\r\n');
      const scatter: ScatterFile = parseScatter(
        'MT6735_Android_scatter.txt',
        utf8(mark ? `\ufeff${content}` : content),
      );
      expect(scatter.problems.filter((each) => each.code !== 'SCATTER_FILE_NOT_NAMED')).toEqual([]);
      expect(scatter.problems).toHaveLength(partitions.filter((each) => each.isDownload && !each.fileName).length);
      const read = scatter.layouts[0]?.partitions.map((each) => ({
        name: each.name,
        start: each.start,
        size: each.size,
        isDownload: each.isDownload,
        fileName: each.fileName,
        type: each.type,
        operation: each.operation,
        boundaryCheck: each.boundaryCheck,
        comboSizeCheck: each.comboSizeCheck,
        region: each.region,
      }));
      expect(read).toEqual(partitions.map((each, i) => ({ ...each, start: starts[i], region: 'user' })));
    }),
    { numRuns: 60 },
  );
});

test('the oldest form: every name and place comes back, sizes from the distances', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,12}$/), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(
      names,
      fc.array(fc.integer({ min: 1, max: 1 << 12 }), { minLength: 20, maxLength: 20 }),
      (list, gaps) => {
        let at = 0;
        const rows = list.map((name, i) => {
          const start = at;
          at += (gaps[i] as number) * 0x20000;
          return { name, start, size: i === list.length - 1 ? 0 : at - start };
        });
        // An MBR would make it a list for eMMC, whatever the file's name.
        fc.pre(!list.includes('MBR'));
        const text = rows.map(({ name, start }) => `${name} 0x${start.toString(16)}\n{\n}\n`).join('');
        const scatter = parseScatter('MT6575_Android_scatter.txt', utf8(text));
        expect(scatter.layouts[0]?.partitions.map(({ name, start, size }) => ({ name, start, size }))).toEqual(rows);
        expect(scatter.problems.filter((each) => each.severity === 'error')).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});
