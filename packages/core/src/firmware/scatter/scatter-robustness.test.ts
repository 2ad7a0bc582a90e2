import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UnbrickError } from '../../errors/unbrick-error.js';
import { parseScatter } from './parse-scatter.js';
import type { ScatterFile } from './scatter.js';
import { gptScatter, multiScatter, utf8, xmlScatter } from './scatter-text.fixture.js';

const FILE = 'MT6735_Android_scatter.txt';

test('whatever happens to the bytes, only UnbrickError is thrown and every number is a number', () => {
  const bases = [
    gptScatter(),
    multiScatter(),
    gptScatter().replace(/ *physical_start_addr.*\n/g, ''),
    xmlScatter(),
    'PRELOADER 0x0\n{\n}\nMBR 0x600000\n{\n}\nUBOOT 0x980000 {}\n__NODL_BMTPOOL 0xFFFF0050 {}',
  ].map(utf8);
  const change = fc.tuple(
    fc.constantFrom('set', 'cut', 'repeat', 'insert'),
    fc.nat(),
    fc.nat(400),
    fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc
        .constantFrom(
          '\n',
          ': ',
          '0x',
          '- ',
          'partition_index: ',
          '- storage_type: ',
          '"',
          'general: MTK_STORAGE_CFG\n',
          '</partition_index>',
          '<storage_type name="UFS">',
          '{',
          '}',
        )
        .map(utf8),
    ),
  );
  fc.assert(
    fc.property(fc.nat(bases.length - 1), fc.array(change, { minLength: 1, maxLength: 8 }), (which, changes) => {
      let bytes = [...(bases[which] as Uint8Array)];
      for (const [kind, where, length, data] of changes) {
        const at = bytes.length === 0 ? 0 : where % bytes.length;
        if (kind === 'set') bytes.splice(at, data.length, ...data);
        else if (kind === 'cut') bytes.splice(at, length);
        else if (kind === 'repeat') bytes = [...bytes.slice(0, at + length), ...bytes.slice(at)];
        else bytes.splice(at, 0, ...data);
      }
      let scatter: ScatterFile;
      try {
        scatter = parseScatter(FILE, Uint8Array.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(UnbrickError);
        return;
      }
      expect(scatter.layouts.length).toBeGreaterThan(0);
      for (const layout of scatter.layouts) {
        expect(layout.blockSize).toBeGreaterThan(0);
        layout.partitions.forEach((each, index) => {
          if (each.index !== index) throw new Error('index');
          if (![each.start, each.size, each.line].every((value) => Number.isSafeInteger(value) && value >= 0)) {
            throw new Error(`numbers of ${each.name}`);
          }
        });
      }
    }),
    { numRuns: 300 },
  );
});

const SAMPLES = process.env.UNBRICK_SCATTER_SAMPLES;

test.skipIf(!SAMPLES || !existsSync(SAMPLES))('real scatter files are read without an error', () => {
  for (const name of readdirSync(SAMPLES as string)) {
    const bytes = new Uint8Array(readFileSync(join(SAMPLES as string, name)));
    const scatter = parseScatter(name, bytes);
    expect(
      scatter.problems.filter((each) => each.severity === 'error'),
      name,
    ).toEqual([]);
    expect(scatter.platform, name).toMatch(/^MT\d{4}D?$/);
    for (const layout of scatter.layouts) expect(layout.partitions.length, name).toBeGreaterThan(14);
  }
});
