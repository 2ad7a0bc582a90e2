import { describe, expect, it } from 'vitest';
import { parseScatter } from './parse-scatter.js';
import { writeScatter } from './write-scatter.js';

describe('a scatter file made from a phone', () => {
  it.each([
    { storage: 'emmc' as const, boot: 'boot1' as const, user: 'user' as const, block: 0x20000 },
    { storage: 'ufs' as const, boot: 'lu0' as const, user: 'lu2' as const, block: 0x20000 },
  ])('is read back without a problem: $storage', ({ storage, boot, user, block }) => {
    const text = writeScatter({
      platform: 'MT6765',
      project: 'demo',
      storage,
      blockSize: block,
      entries: [
        { name: 'preloader', region: boot, start: 0, size: 0x400000, fileName: 'preloader.bin', isPreloader: true },
        { name: 'pgpt', region: user, start: 0, size: 0x8000, isTable: true },
        { name: 'nvram', region: user, start: 0x8000, size: 0x500000, fileName: 'nvram.bin' },
        { name: 'userdata', region: user, start: 0x508000, size: 0x120000000 },
      ],
    });
    const scatter = parseScatter('MT6765_Android_scatter.txt', new TextEncoder().encode(text));
    expect(scatter.problems).toEqual([]);
    expect(scatter).toMatchObject({ platform: 'MT6765', project: 'demo', version: 'V1.1.2' });
    const [layout] = scatter.layouts;
    expect(layout?.storage).toBe(storage);
    expect(
      layout?.partitions.map(({ name, start, size, fileName, isDownload, operation, boundaryCheck }) => [
        ...[name, start, size, fileName, isDownload, operation, boundaryCheck],
      ]),
    ).toEqual([
      ['preloader', 0, 0x400000, 'preloader.bin', true, 'BOOTLOADERS', false],
      ['pgpt', 0, 0x8000, undefined, false, 'INVISIBLE', false],
      ['nvram', 0x8000, 0x500000, 'nvram.bin', true, 'UPDATE', false],
      ['userdata', 0x508000, 0x120000000, undefined, false, 'INVISIBLE', false],
    ]);
  });

  it('counts what is reserved from the end', () => {
    const text = writeScatter({
      platform: 'MT6572',
      project: 'demo',
      storage: 'nand',
      blockSize: 0x20000,
      entries: [
        { name: 'NVRAM', region: 'nand', start: 0, size: 0x60000, fileName: 'nvram.bin' },
        { name: 'BMTPOOL', region: 'nand', start: 0x60000, size: 0xa00000, blocksFromEnd: 0x50 },
      ],
    });
    const scatter = parseScatter('MT6572_Android_scatter.txt', new TextEncoder().encode(text));
    expect(scatter.problems).toEqual([]);
    const [, pool] = scatter.layouts[0]?.partitions ?? [];
    expect(pool).toMatchObject({ name: 'BMTPOOL', endRelativeBlocks: 0x50, size: 0xa00000, operation: 'RESERVED' });
  });
});
