import { expect, it } from 'vitest';
import { badBlockPool } from './bad-block-pool.js';
import type { ScatterFile } from './scatter.js';

const scatter = (storage: string, name: string, endRelativeBlocks?: number) =>
  ({
    layouts: [{ storage, blockSize: 0x20000, partitions: [{ name, endRelativeBlocks }] }],
  }) as unknown as ScatterFile;

it.each([
  ['nand', 'BMTPOOL', 0x50, 0xa00000],
  ['nand', 'bmtpool', 0xa8, 0x1500000],
  ['nand', 'BMTPOOL', undefined, undefined],
  ['nand', 'USRDATA', 0x50, undefined],
  ['emmc', 'BMTPOOL', 0xa8, undefined],
])('%s, %s at %s blocks before the end: %s bytes', (storage, name, blocks, bytes) => {
  expect(badBlockPool(scatter(storage, name, blocks))).toBe(bytes);
});
