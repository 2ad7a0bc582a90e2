import { UnbrickError } from '../errors/unbrick-error.js';
import { CONTENT_BYTES, type Content, contentOf } from './content/content.js';
import type { ByteSource } from './source.js';
import { isSparse, readSparseIndex, type SparseRun } from './sparse/sparse.js';
import { readRun } from './sparse/sparse-data.js';

/** A contiguous range of an image that has content. Everything outside the runs is left as it is on the phone. */
export interface Run {
  /** Offset in the expanded image, which is the offset in the partition; bytes. */
  start: number;
  /** Bytes. */
  length: number;
  kind: 'data' | 'fill';
}

/** One partition image, raw or sparse, as what has to be written where. */
export interface Image {
  kind: 'raw' | 'sparse';
  /** File name without folders. */
  name: string;
  /** Bytes of the file. */
  fileSize: number;
  /** Bytes the partition needs, gaps included. */
  expandedSize: number;
  /** Every run begins and ends at a multiple of this many bytes; 1 for raw images. */
  granularity: number;
  /** Ascending, not touching each other. A raw image is one run; an empty file has none. */
  runs: readonly Run[];
  /** Sum of the runs' lengths, bytes. */
  dataBytes: number;
  /** What the content looks like, for people: `Android boot image`, `MediaTek image "lk"`, `ext4 file system`. */
  content: string;
  /** What the content says of itself, in more detail. */
  about?: Content;
  /**
   * The bytes of one of this image's `runs`, in order. A piece stays as it is after the next one is asked for, but must not
   * be changed: repeated content is yielded from one shared buffer.
   */
  read(run: Run): AsyncIterable<Uint8Array>;
}

/** How much is read from the file, and at most yielded, at once. */
const BLOCK_BYTES = 1 << 20;

/**
 * Opens an image file; reads headers only. A sparse image is recognised by its magic, whatever its name.
 * @throws UnbrickError `SPARSE_TRUNCATED`, `SPARSE_DAMAGED`; reading a run may throw `FILE_TRUNCATED`
 */
export async function openImage(source: ByteSource): Promise<Image> {
  const head = await source.read(0, Math.min(source.size, CONTENT_BYTES));
  return isSparse(head) ? openSparse(source) : openRaw(source, head);
}

async function openSparse(source: ByteSource): Promise<Image> {
  const index = await readSparseIndex(source);
  const first = index.runs[0];
  let about: Content = { kind: 'empty', label: 'empty', details: [] };
  if (first) {
    about = { kind: 'unknown', label: 'data that starts inside the partition', details: [] };
    if (first.start === 0) {
      for await (const piece of readRun(source, index, first, CONTENT_BYTES)) {
        about = contentOf(piece);
        break;
      }
    }
  }
  return {
    kind: 'sparse',
    name: source.name,
    fileSize: source.size,
    expandedSize: index.expandedSize,
    granularity: index.blockSize,
    runs: index.runs,
    dataBytes: index.dataBytes,
    content: about.label,
    about,
    read: (run) => {
      if (!('fileOffset' in run)) throw new RangeError(`${source.name}: only a run of this image can be read`);
      return readRun(source, index, run as SparseRun, BLOCK_BYTES);
    },
  };
}

/** The bytes of a file as they are, even if they look like a sparse image: a backup holds what the partition held. */
export function openRawImage(source: ByteSource): Image {
  return openRaw(source, new Uint8Array(0));
}

function openRaw(source: ByteSource, head: Uint8Array): Image {
  const about = contentOf(head);
  return {
    kind: 'raw',
    name: source.name,
    fileSize: source.size,
    expandedSize: source.size,
    granularity: 1,
    runs: source.size === 0 ? [] : [{ start: 0, length: source.size, kind: 'data' }],
    dataBytes: source.size,
    content: about.label,
    about,
    read: (run) => readRaw(source, run),
  };
}

async function* readRaw(source: ByteSource, run: Run): AsyncGenerator<Uint8Array, void, undefined> {
  const end = run.start + run.length;
  for (let offset = run.start; offset < end; ) {
    const piece = await source.read(offset, Math.min(BLOCK_BYTES, end - offset));
    if (piece.length === 0) {
      throw new UnbrickError({
        code: 'FILE_TRUNCATED',
        stage: 'firmware',
        message: `${source.name} ended early while it was read.`,
        evidence: [`${offset} bytes could be read, ${end} were expected`],
        next: ['Do not change the firmware folder during the job; check the disk it lies on.'],
      });
    }
    offset += piece.length;
    yield piece;
  }
}
