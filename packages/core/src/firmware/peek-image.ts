import { SparseChunkHeader, SparseChunkType, SparseHeader } from '../wire/index.js';
import { CONTENT_BYTES, type Content, contentOf } from './content/content.js';
import type { ByteSource } from './source.js';
import { isSparse } from './sparse/sparse.js';

/** What can be said of an image without going through it: a few kilobytes are read, also of one of many gigabytes. */
export interface ImagePeek {
  kind: 'raw' | 'sparse';
  /** Bytes of the file. */
  fileSize: number;
  /** Bytes the partition needs; of a sparse image as its head says. */
  expandedSize: number;
  /** Of a sparse image what it expands to, when its first piece tells. */
  content: Content;
}

/** @throws what reading the file throws, for example `ARCHIVE_DAMAGED` */
export async function peekImage(source: ByteSource): Promise<ImagePeek> {
  const head = await source.read(0, Math.min(source.size, 2 * CONTENT_BYTES));
  if (!isSparse(head) || head.length < SparseHeader.size) {
    return {
      kind: 'raw',
      fileSize: source.size,
      expandedSize: source.size,
      content: contentOf(head.subarray(0, CONTENT_BYTES)),
    };
  }
  const { totalBlocks, blockSize, fileHeaderSize, chunkHeaderSize } = SparseHeader.parse(head);
  const expandedSize = totalBlocks * blockSize;
  return {
    kind: 'sparse',
    fileSize: source.size,
    expandedSize: Number.isSafeInteger(expandedSize) ? expandedSize : 0,
    content: firstContent(head, fileHeaderSize, chunkHeaderSize),
  };
}

/** Content of the first piece, when that is plain data at the very beginning. */
function firstContent(head: Uint8Array, at: number, chunkHeaderSize: number): Content {
  if (at + SparseChunkHeader.size <= head.length) {
    const { type } = SparseChunkHeader.parse(head, at);
    const start = at + chunkHeaderSize;
    if (type === SparseChunkType.RAW && start < head.length) return contentOf(head.slice(start, start + CONTENT_BYTES));
  }
  return { kind: 'sparse', label: 'Android sparse image', details: [] };
}
