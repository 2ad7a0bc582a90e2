import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnbrickError } from '../../errors/unbrick-error.js';
import { sha256Hex } from '../../hash.js';
import {
  concat,
  crc32,
  encode,
  SPARSE_MAGIC,
  SparseChunkHeader,
  SparseChunkType,
  SparseHeader,
  u32,
} from '../../wire/index.js';
import { type ByteSource, MemorySource } from '../source.js';
import { isSparse, readSparseIndex } from './sparse.js';
import { readRun } from './sparse-data.js';

/** One chunk of a sparse image made by a test. */
type TestChunk =
  | { kind: 'raw'; bytes: Uint8Array }
  | { kind: 'fill'; blocks: number; value: number }
  | { kind: 'gap'; blocks: number }
  | { kind: 'crc' };

/** For tests: the sparse file of these chunks, and what it expands to (gaps as zeros). */
function encodeSparse(
  chunks: readonly TestChunk[],
  blockSize: number,
  headers = { file: SparseHeader.size, chunk: SparseChunkHeader.size },
): { file: Uint8Array; expanded: Uint8Array; gaps: { start: number; end: number }[] } {
  const parts: Uint8Array[] = [];
  const content: Uint8Array[] = [];
  const gaps: { start: number; end: number }[] = [];
  let size = 0;
  const add = (type: number, blocks: number, payload: Uint8Array, expanded: Uint8Array) => {
    const head = SparseChunkHeader.build({ type, reserved: 0, blocks, totalSize: headers.chunk + payload.length });
    parts.push(head, new Uint8Array(headers.chunk - head.length).fill(0xee), payload);
    content.push(expanded);
    size += expanded.length;
  };
  const none = new Uint8Array(0);
  for (const chunk of chunks) {
    if (chunk.kind === 'raw') {
      add(SparseChunkType.RAW, chunk.bytes.length / blockSize, chunk.bytes, chunk.bytes);
    } else if (chunk.kind === 'fill') {
      const value = encode(u32, 'little', chunk.value);
      const expanded = new Uint8Array(chunk.blocks * blockSize).map((_, i) => value[i % 4] as number);
      add(SparseChunkType.FILL, chunk.blocks, value, expanded);
    } else if (chunk.kind === 'gap') {
      gaps.push({ start: size, end: size + chunk.blocks * blockSize });
      add(SparseChunkType.DONT_CARE, chunk.blocks, none, new Uint8Array(chunk.blocks * blockSize));
    } else {
      add(SparseChunkType.CRC32, 0, encode(u32, 'little', crc32(concat(...content))), none);
    }
  }
  const head = SparseHeader.build({
    magic: SPARSE_MAGIC,
    majorVersion: 1,
    minorVersion: 0,
    fileHeaderSize: headers.file,
    chunkHeaderSize: headers.chunk,
    blockSize,
    totalBlocks: size / blockSize,
    totalChunks: chunks.length,
    imageChecksum: 0,
  });
  return {
    file: concat(head, new Uint8Array(headers.file - head.length).fill(0xdd), ...parts),
    expanded: concat(...content),
    gaps,
  };
}

const BLOCK = 16;

/** Expands through the code under test into a buffer of 0xA5, so that untouched gaps can be told from zeros. */
async function expand(file: Uint8Array, blockBytes?: number) {
  const source = new MemorySource('test.img', file);
  const index = await readSparseIndex(source);
  const expanded = new Uint8Array(index.expandedSize).fill(0xa5);
  for (const run of index.runs) {
    // Kept until all were asked for: a piece must not change under a consumer that still holds it.
    const held: Uint8Array[] = [];
    for await (const piece of readRun(source, index, run, blockBytes)) {
      expect(piece.length).toBeLessThanOrEqual(blockBytes ?? 1 << 20);
      held.push(piece);
    }
    const bytes = concat(...held);
    expect(bytes.length).toBe(run.length);
    expanded.set(bytes, run.start);
  }
  return { index, expanded };
}

const blocksOf = (...values: number[]) => Uint8Array.from(values.flatMap((value) => new Array(BLOCK).fill(value)));

const chunk: fc.Arbitrary<TestChunk> = fc.oneof(
  fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer()).map(([blocks, seed]): TestChunk => {
    const bytes = new Uint8Array(blocks * BLOCK).map((_, i) => (seed * 31 + i * 7) & 0xff);
    return { kind: 'raw', bytes };
  }),
  fc.record({ kind: fc.constant('fill' as const), blocks: fc.nat(6), value: fc.nat(0xffffffff) }),
  fc.record({ kind: fc.constant('gap' as const), blocks: fc.nat(4) }),
  fc.constant<TestChunk>({ kind: 'crc' }),
);

describe('sparse images', () => {
  it('expands to what was compressed and leaves gaps alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(chunk, { maxLength: 12 }),
        fc.constantFrom(4, 20, 64, 1 << 16),
        fc.constantFrom({ file: 28, chunk: 12 }, { file: 40, chunk: 20 }),
        async (chunks, blockBytes, headers) => {
          const made = encodeSparse(chunks, BLOCK, headers);
          const { index, expanded } = await expand(made.file, blockBytes);
          for (const gap of made.gaps) made.expanded.fill(0xa5, gap.start, gap.end);
          expect(expanded).toEqual(made.expanded);
          expect(index.trailingBytes).toBe(0);
          expect(index.dataBytes).toBe(index.runs.reduce((sum, run) => sum + run.length, 0));
          for (const [i, run] of index.runs.entries()) {
            const before = index.runs[i - 1];
            expect(run.length).toBeGreaterThan(0);
            if (before) expect(run.start).toBeGreaterThan(before.start + before.length);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('joins neighbouring chunks to runs and tells data from fill', async () => {
    const { file } = encodeSparse(
      [
        { kind: 'gap', blocks: 2 },
        { kind: 'fill', blocks: 1, value: 0 },
        { kind: 'fill', blocks: 2, value: 7 },
        { kind: 'gap', blocks: 0 },
        { kind: 'gap', blocks: 1 },
        { kind: 'fill', blocks: 1, value: 0 },
        { kind: 'crc' },
        { kind: 'gap', blocks: 0 },
        { kind: 'raw', bytes: blocksOf(1, 2) },
      ],
      BLOCK,
    );
    const { index } = await expand(file);
    expect(index.runs.map(({ start, length, kind }) => ({ start, length, kind }))).toEqual([
      { start: 2 * BLOCK, length: 3 * BLOCK, kind: 'fill' },
      { start: 6 * BLOCK, length: 3 * BLOCK, kind: 'data' },
    ]);
    expect(index.expandedSize).toBe(9 * BLOCK);
  });

  it('fails as truncated wherever the file is cut', async () => {
    const { file } = encodeSparse(
      [
        { kind: 'raw', bytes: blocksOf(1, 2) },
        { kind: 'gap', blocks: 1 },
        { kind: 'fill', blocks: 2, value: 7 },
      ],
      BLOCK,
    );
    for (let size = 0; size < file.length; size++) {
      const cut = readSparseIndex(new MemorySource('system.img', file.subarray(0, size)));
      await expect(cut, `cut at ${size}`).rejects.toMatchObject({ code: 'SPARSE_TRUNCATED', stage: 'firmware' });
    }
    await expect(readSparseIndex(new MemorySource('system.img', file.subarray(0, 40)))).rejects.toMatchObject({
      evidence: ['chunk 0 of 3 at file offset 0x1c needs the file to have 72 bytes or more; it has 40'],
    });
  });

  it.each<[string, (header: ReturnType<typeof SparseHeader.parse>) => void, RegExp]>([
    [
      'version 2',
      (header) => {
        header.majorVersion = 2;
      },
      /version 2\.0/,
    ],
    [
      'blocks of 6 bytes',
      (header) => {
        header.blockSize = 6;
      },
      /blocks of 6 bytes/,
    ],
    [
      'blocks of no bytes',
      (header) => {
        header.blockSize = 0;
      },
      /blocks of 0 bytes/,
    ],
    [
      'short file header',
      (header) => {
        header.fileHeaderSize = 27;
      },
      /file header of 27/,
    ],
    [
      'short chunk headers',
      (header) => {
        header.chunkHeaderSize = 11;
      },
      /chunk headers of 11/,
    ],
    [
      'more blocks promised',
      (header) => {
        header.totalBlocks = 9;
      },
      /describe 2 blocks, the header says 9/,
    ],
    [
      'fewer blocks promised',
      (header) => {
        header.totalBlocks = 1;
      },
      /chunk 0 of 1 .* ends at block 2/,
    ],
    [
      'impossible size',
      (header) => {
        header.totalBlocks = 0xffffffff;
        header.blockSize = 0xfffffffc;
      },
      /4294967292/,
    ],
    [
      'other magic',
      (header) => {
        header.magic = 0x12345678;
      },
      /0x12345678/,
    ],
  ])('refuses %s', async (_name, change, evidence) => {
    const { file } = encodeSparse([{ kind: 'raw', bytes: blocksOf(1, 2) }], BLOCK);
    const header = SparseHeader.parse(file);
    change(header);
    file.set(SparseHeader.build(header));
    const refused = await readSparseIndex(new MemorySource('x', file)).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'SPARSE_DAMAGED' });
    expect((refused as UnbrickError).evidence.join()).toMatch(evidence);
  });

  it('refuses an unknown chunk type and a chunk whose size does not fit its type', async () => {
    const { file } = encodeSparse([{ kind: 'gap', blocks: 1 }], BLOCK);
    const at = SparseHeader.size;
    file.set(SparseChunkHeader.build({ type: 0xcac9, reserved: 0, blocks: 1, totalSize: 12 }), at);
    await expect(readSparseIndex(new MemorySource('x', file))).rejects.toMatchObject({ code: 'SPARSE_DAMAGED' });
    file.set(SparseChunkHeader.build({ type: SparseChunkType.DONT_CARE, reserved: 0, blocks: 1, totalSize: 16 }), at);
    await expect(readSparseIndex(new MemorySource('x', file))).rejects.toMatchObject({ code: 'SPARSE_DAMAGED' });
  });

  it('throws nothing but UnbrickError on mutated files, and always ends', async () => {
    const { file } = encodeSparse(
      [
        { kind: 'raw', bytes: blocksOf(1, 2) },
        { kind: 'gap', blocks: 1 },
        { kind: 'fill', blocks: 2, value: 7 },
        { kind: 'crc' },
      ],
      BLOCK,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const bad = file.slice();
          for (const [offset, value] of changes) bad[offset] = value;
          const source = new MemorySource('x', bad);
          try {
            const index = await readSparseIndex(source);
            // A changed block size may honestly describe gigabytes of FILL: look at the beginning only.
            for (const run of index.runs) for await (const _ of readRun(source, index, run)) break;
          } catch (error) {
            expect(error).toBeInstanceOf(UnbrickError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('notices that the file changed after it was indexed', async () => {
    const { file } = encodeSparse([{ kind: 'raw', bytes: blocksOf(1, 2) }], BLOCK);
    const source = new MemorySource('x', file);
    const index = await readSparseIndex(source);
    const read = async (from: ByteSource) => {
      for await (const _ of readRun(from, index, index.runs[0] as never));
    };
    await expect(read(new MemorySource('x', file.subarray(0, 50)))).rejects.toMatchObject({ code: 'SPARSE_TRUNCATED' });
    file.fill(0, SparseHeader.size, SparseHeader.size + 4);
    await expect(read(source)).rejects.toMatchObject({ code: 'SPARSE_DAMAGED' });
  });

  it('keeps one entry for very many neighbouring chunks and reads the headers in few, large pieces', async () => {
    const count = 300_000;
    const file = new Uint8Array(SparseHeader.size + count * 16);
    const view = new DataView(file.buffer);
    file.set(
      SparseHeader.build({
        magic: SPARSE_MAGIC,
        majorVersion: 1,
        minorVersion: 0,
        fileHeaderSize: 28,
        chunkHeaderSize: 12,
        blockSize: 4096,
        totalBlocks: count,
        totalChunks: count,
        imageChecksum: 0,
      }),
    );
    for (let i = 0, at = 28; i < count; i++, at += 16) {
      view.setUint16(at, SparseChunkType.FILL, true);
      view.setUint32(at + 4, 1, true);
      view.setUint32(at + 8, 16, true);
    }
    let reads = 0;
    const memory = new MemorySource('big', file);
    const source: ByteSource = {
      name: 'big',
      size: file.length,
      read: (offset, length) => {
        reads++;
        return memory.read(offset, length);
      },
    };
    const index = await readSparseIndex(source);
    expect(index.runs).toEqual([{ start: 0, length: count * 4096, kind: 'fill', fileOffset: 28 }]);
    expect(reads).toBeLessThan(30);
  });

  it('does not read the data of large chunks to find the headers', async () => {
    const { file } = encodeSparse(
      Array.from({ length: 10 }, () => ({ kind: 'raw' as const, bytes: new Uint8Array(1 << 20) })),
      4096,
    );
    let bytes = 0;
    const memory = new MemorySource('big', file);
    await readSparseIndex({
      name: 'big',
      size: file.length,
      read: (offset, length) => {
        bytes += length;
        return memory.read(offset, length);
      },
    });
    expect(bytes).toBeLessThan(2 << 20);
  });

  it.skipIf(!existsSync('/usr/bin/img2simg'))('reads what img2simg writes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sparse-'));
    try {
      const raw = new Uint8Array(64 * 4096);
      for (let block = 0; block < 64; block++) {
        if (block % 5 === 0) raw.fill(block + 1, block * 4096, block * 4096 + 4096);
        if (block % 7 === 3)
          raw.set(
            new Uint8Array(4096).map((_, i) => (i * block) & 0xff),
            block * 4096,
          );
      }
      writeFileSync(join(folder, 'raw'), raw);
      execFileSync('/usr/bin/img2simg', [join(folder, 'raw'), join(folder, 'sparse')]);
      const file = new Uint8Array(readFileSync(join(folder, 'sparse')));
      expect(isSparse(file)).toBe(true);
      const { index, expanded } = await expand(file, 10_000);
      expect(index.expandedSize).toBe(raw.length);
      // This tool writes zeros as FILL chunks and makes no gaps.
      expect(index.dataBytes).toBe(raw.length);
      expect(file.length).toBeLessThan(raw.length);
      expect(await sha256Hex(expanded)).toBe(await sha256Hex(raw));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
