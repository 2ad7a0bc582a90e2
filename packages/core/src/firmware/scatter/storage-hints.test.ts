import { describe, expect, it } from 'vitest';
import type { ScatterFile } from './scatter.js';
import { storageHints } from './storage-hints.js';

const scatter = (storage: string, name: string, endRelativeBlocks?: number) =>
  ({
    layouts: [{ storage, blockSize: 0x20000, partitions: [{ name, endRelativeBlocks }] }],
  }) as unknown as ScatterFile;

describe('storageHints', () => {
  it.each([
    ['nand', 'BMTPOOL', 0x50, 0xa00000],
    ['nand', 'bmtpool', 0xa8, 0x1500000],
    ['nand', 'BMTPOOL', undefined, undefined],
    ['nand', 'USRDATA', 0x50, undefined],
    ['emmc', 'BMTPOOL', 0xa8, undefined],
  ])('%s, %s at %s blocks before the end: a pool of %s bytes', (storage, name, blocks, bytes) => {
    expect(storageHints(scatter(storage, name, blocks)).badBlockPool).toBe(bytes);
  });

  it.each([
    ['emmc', 'pgpt', true],
    ['emmc', 'PMT', false],
    ['emmc', 'EBR1', false],
    ['emmc', 'boot', undefined],
    ['nand', 'pgpt', undefined],
  ])('%s with %s: GPT %s', (storage, name, gpt) => {
    expect(storageHints(scatter(storage, name)).gpt).toBe(gpt);
  });
});
