import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../hash.js';
import { concat, encode, SparseChunkHeader, SparseChunkType, SparseHeader, u32 } from '../wire/index.js';
import { openImage } from './image.js';

import { MemorySource } from './source.js';

/** A gap of `gap` blocks of 4096 bytes, one RAW block with `block`, one FILL block of zeros. */
function sparse(gap: number, block: Uint8Array): Uint8Array {
  const chunk = (type: number, blocks: number, payload: Uint8Array) =>
    concat(SparseChunkHeader.build({ type, reserved: 0, blocks, totalSize: 12 + payload.length }), payload);
  return concat(
    SparseHeader.build({
      magic: 0xed26ff3a,
      majorVersion: 1,
      minorVersion: 0,
      fileHeaderSize: 28,
      chunkHeaderSize: 12,
      blockSize: 4096,
      totalBlocks: gap + 2,
      totalChunks: 3,
      imageChecksum: 0,
    }),
    chunk(SparseChunkType.DONT_CARE, gap, new Uint8Array(0)),
    chunk(SparseChunkType.RAW, 1, block),
    chunk(SparseChunkType.FILL, 1, encode(u32, 'little', 0)),
  );
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

describe('openImage', () => {
  it('shows a raw file as one run and reads it in large pieces', async () => {
    const bytes = new Uint8Array((2 << 20) + 5).map((_, i) => i >> 8);
    const image = await openImage(new MemorySource('lk.bin', bytes));
    expect(image).toMatchObject({ kind: 'raw', fileSize: bytes.length, expandedSize: bytes.length, granularity: 1 });
    expect(image.runs).toEqual([{ start: 0, length: bytes.length, kind: 'data' }]);
    const pieces = await collect(image.read(image.runs[0] as never));
    expect(pieces.map((piece) => piece.length)).toEqual([1 << 20, 1 << 20, 5]);
    expect(await sha256Hex(concat(...pieces))).toBe(await sha256Hex(bytes));
  });

  it('shows an empty file as no run at all', async () => {
    const image = await openImage(new MemorySource('empty.img', new Uint8Array(0)));
    expect(image).toMatchObject({ kind: 'raw', expandedSize: 0, runs: [], dataBytes: 0, content: 'empty' });
  });

  it('shows a piece of super as the run behind its leading gap', async () => {
    const block = new Uint8Array(4096).fill(9);
    const image = await openImage(new MemorySource('super.img_sparsechunk.1', sparse(3, block)));
    expect(image).toMatchObject({ kind: 'sparse', expandedSize: 5 * 4096, dataBytes: 2 * 4096, granularity: 4096 });
    expect(image.runs).toMatchObject([{ start: 3 * 4096, length: 2 * 4096, kind: 'data' }]);
    const bytes = concat(...(await collect(image.read(image.runs[0] as never))));
    expect(bytes).toEqual(concat(block, new Uint8Array(4096)));
    expect(image.content).toBe('data that starts inside the partition');
  });

  it('looks into a sparse image to name what it holds', async () => {
    const block = new Uint8Array(4096);
    block.set([0x53, 0xef], 0x438);
    expect((await openImage(new MemorySource('system.img', sparse(0, block)))).content).toBe('ext4 file system');
  });

  it('reports a file that shrank', async () => {
    const source = { name: 'x.img', size: 10, read: () => Promise.resolve(new Uint8Array(0)) };
    const image = await openImage(source);
    await expect(collect(image.read(image.runs[0] as never))).rejects.toMatchObject({ code: 'FILE_TRUNCATED' });
  });
});
