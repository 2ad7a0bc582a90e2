import { describe, expect, it, test } from 'vitest';
import { concat, SparseChunkHeader, SparseHeader } from '../wire/index.js';
import { gatherFirmwareFacts } from './firmware-facts.js';
import { openImage } from './image.js';
import { findPieces, joinPieces } from './image-pieces.js';
import { MemoryFolder } from './memory-folder.js';
import { openFirmware } from './package.js';
import type { ScatterLayout } from './scatter/scatter.js';
import { gptScatter } from './scatter/scatter-text.fixture.js';
import { MemorySource } from './source.js';

const BLOCK = 4096;

/** One piece of an image of `total` blocks: a gap of `skip` blocks, `count` blocks of `value`, a gap to the end. */
function piece(total: number, skip: number, count: number, value: number): Uint8Array {
  const chunk = (type: number, blocks: number, payload: Uint8Array) =>
    concat(SparseChunkHeader.build({ type, reserved: 0, blocks, totalSize: 12 + payload.length }), payload);
  return concat(
    SparseHeader.build({
      magic: 0xed26ff3a,
      majorVersion: 1,
      minorVersion: 0,
      fileHeaderSize: 28,
      chunkHeaderSize: 12,
      blockSize: BLOCK,
      totalBlocks: total,
      totalChunks: 3,
      imageChecksum: 0,
    }),
    chunk(0xcac3, skip, new Uint8Array(0)),
    chunk(0xcac1, count, new Uint8Array(count * BLOCK).fill(value)),
    chunk(0xcac3, total - skip - count, new Uint8Array(0)),
  );
}

describe('an image in pieces', () => {
  test.each<[string, string[], string[] | undefined, number[]]>([
    [
      'super.img',
      ['super.img_sparsechunk.0', 'super.img_sparsechunk.1'],
      ['super.img_sparsechunk.0', 'super.img_sparsechunk.1'],
      [],
    ],
    [
      'super.img',
      ['super.1.ab12cd34.img', 'super.0.0123abcd.img', 'super.10.ff.img'],
      ['super.0.0123abcd.img', 'super.1.ab12cd34.img', 'super.10.ff.img'],
      [2, 3, 4, 5, 6, 7, 8, 9],
    ],
    ['system.img', ['system.img.2', 'system.img.1'], ['system.img.1', 'system.img.2'], []],
    ['super.img', ['super_2.img', 'super_3.img'], ['super_2.img', 'super_3.img'], [1]],
    ['super.img', ['super_1.img'], undefined, []],
    ['super.img', ['other.0.img', 'other.1.img'], undefined, []],
    ['super.img', ['sub/super.0.img', 'sub/super.1.img'], undefined, []],
  ])('%s out of %j', (name, files, paths, missing) => {
    expect(findPieces(files, '', name)).toEqual(paths && { paths, missing });
  });

  it('is one image to whoever reads it', async () => {
    const pieces = [piece(10, 0, 2, 1), piece(10, 2, 3, 2), piece(10, 7, 1, 3)];
    const images = await Promise.all(pieces.map((bytes, i) => openImage(new MemorySource(`p${i}`, bytes))));
    const image = joinPieces('super.img', images);
    expect(image).toMatchObject({ kind: 'sparse', expandedSize: 10 * BLOCK, dataBytes: 6 * BLOCK });
    const expanded = new Uint8Array(10 * BLOCK);
    for (const run of image.runs) {
      let place = run.start;
      for await (const bytes of image.read(run)) {
        expanded.set(bytes, place);
        place += bytes.length;
      }
    }
    expect(Array.from({ length: 10 }, (_, i) => expanded[i * BLOCK])).toEqual([1, 1, 2, 2, 2, 0, 0, 3, 0, 0]);
  });

  it('is refused when two pieces describe the same place, or one is no piece', async () => {
    const open = (bytes: Uint8Array) => openImage(new MemorySource('p', bytes));
    const overlapping = await Promise.all([open(piece(10, 0, 2, 1)), open(piece(10, 1, 3, 2))]);
    expect(() => joinPieces('super.img', overlapping)).toThrowError(
      expect.objectContaining({ code: 'SPARSE_DAMAGED' }),
    );
    const raw = await Promise.all([open(piece(10, 0, 2, 1)), open(Uint8Array.of(1, 2))]);
    expect(() => joinPieces('super.img', raw)).toThrowError(expect.objectContaining({ code: 'SPARSE_DAMAGED' }));
  });

  it('is found where the scatter file names the whole', async () => {
    const files = { 'MT6735_Android_scatter.txt': gptScatter(), 'preloader_demo.bin': 'p' };
    const pieces = { 'system.img_sparsechunk.0': piece(10, 0, 2, 1), 'system.img_sparsechunk.1': piece(10, 2, 3, 2) };
    const firmware = await openFirmware(new MemoryFolder('rom', { ...files, ...pieces }));
    expect(firmware.problems.map((each) => each.code)).toContain('FIRMWARE_PIECES');
    expect(firmware.unknown).toEqual([]);
    const layout = firmware.scatter.layouts[0] as ScatterLayout;
    const system = layout.partitions.filter((each) => each.name === 'system');
    const facts = await gatherFirmwareFacts(firmware, layout, system);
    expect(facts.selected[0]).toMatchObject({ path: 'system.img_sparsechunk.0', image: { dataBytes: 5 * BLOCK } });
    const { 'system.img_sparsechunk.0': _, ...rest } = {
      ...pieces,
      'system.img_sparsechunk.2': piece(10, 7, 1, 3),
      'system.img_sparsechunk.3': piece(10, 8, 1, 3),
    };
    const { 'system.img_sparsechunk.1': __, ...gap } = rest;
    const broken = await openFirmware(new MemoryFolder('rom', { ...files, ...gap }));
    expect(broken.problems.map((each) => each.code)).toContain('FIRMWARE_PIECES_MISSING');
    expect(broken.filesFor(system[0] as (typeof system)[0])).toEqual([]);
  });
});
