import { expect, it } from 'vitest';
import type { ScatterLayout } from './scatter.js';
import { tableKindOf } from './table-kind.js';

it.each([
  ['nand', ['NVRAM'], 'pmt'],
  ['emmc', ['PRELOADER', 'MBR', 'EBR1'], 'pmt'],
  ['emmc', ['preloader', 'pgpt', 'nvram'], 'gpt'],
  ['emmc', ['nvram'], undefined],
])('%s with %j: %s', (storage, names, kind) => {
  const layout = { storage, partitions: names.map((name) => ({ name })) } as unknown as ScatterLayout;
  expect(tableKindOf(layout)).toBe(kind);
});
