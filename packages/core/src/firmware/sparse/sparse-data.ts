import { SparseChunkHeader, SparseChunkType } from '../../wire/index.js';
import type { ByteSource } from '../source.js';
import { damaged, payloadSize, type SparseIndex, type SparseRun, truncated } from './sparse.js';

/** How much of the file is read, and at most yielded, at once. */
const BLOCK_BYTES = 1 << 20;
/** Pieces below this are put together before they are yielded, so that small chunks do not become small writes. */
const SMALL_PIECE = 64 << 10;
const SHORT_RUN_HEADERS = 512;

/**
 * The expanded bytes of one run, in order, in pieces of at most `blockBytes`.
 *
 * A piece keeps its content after the next one is asked for, but must not be changed: repeated FILL content is yielded
 * from one shared buffer. The chunk headers are read again on the way, so nothing is kept for each chunk.
 * @throws UnbrickError `SPARSE_TRUNCATED`, `SPARSE_DAMAGED` when the file has changed since the index was read
 */
export function readRun(
  source: ByteSource,
  index: Pick<SparseIndex, 'blockSize' | 'chunkHeaderSize'>,
  run: SparseRun,
  blockBytes = BLOCK_BYTES,
): AsyncGenerator<Uint8Array, void, undefined> {
  return joinSmall(pieces(source, index, run, blockBytes), run.length, blockBytes);
}

async function* pieces(
  source: ByteSource,
  index: Pick<SparseIndex, 'blockSize' | 'chunkHeaderSize'>,
  run: SparseRun,
  blockBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  // A short run does not need a whole block from the file; a little more than its length covers its chunk headers.
  const readSize = Math.max(SparseChunkHeader.size, Math.min(blockBytes, run.length + SHORT_RUN_HEADERS));
  const window = new ReadAhead(source, run.fileOffset, readSize);
  let fill: { value: number; bytes: Uint8Array } | undefined;
  for (let left = run.length; left > 0; ) {
    const where = window.position;
    const { type, blocks, totalSize } = SparseChunkHeader.parse(await window.exactly(SparseChunkHeader.size));
    const length = blocks * index.blockSize;
    const payload = payloadSize(type, blocks, index.blockSize);
    if (payload === undefined || totalSize !== index.chunkHeaderSize + payload || length > left) {
      throw damaged(source, [`the chunk at file offset ${where} is not what it was when the file was opened`]);
    }
    if (type === SparseChunkType.DONT_CARE && blocks > 0) {
      throw damaged(source, [`the chunk at file offset ${where} became a gap after the file was opened`]);
    }
    window.skip(index.chunkHeaderSize - SparseChunkHeader.size);
    if (type === SparseChunkType.RAW) {
      for (let rest = payload; rest > 0; ) {
        const piece = await window.upTo(Math.min(rest, blockBytes));
        rest -= piece.length;
        yield piece;
      }
    } else if (payload > 0) {
      const value = await window.exactly(4);
      if (type === SparseChunkType.FILL && length > 0) {
        const word = new DataView(value.buffer, value.byteOffset, 4).getUint32(0, true);
        const size = Math.min(length, fillSize(blockBytes));
        if (fill?.value !== word || fill.bytes.length < size) fill = { value: word, bytes: filled(size, value) };
        for (let rest = length; rest > 0; ) {
          const piece = fill.bytes.subarray(0, Math.min(rest, fill.bytes.length));
          rest -= piece.length;
          yield piece;
        }
      }
    }
    left -= length;
  }
}

/** Whole 32-bit values only, so that each piece begins with the first byte of the value. */
function fillSize(blockBytes: number): number {
  return Math.max(4, blockBytes & ~3);
}

function filled(size: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(size);
  if (value.every((byte) => byte === value[0])) return bytes.fill(value[0] as number);
  bytes.set(value);
  for (let done = value.length; done < size; done *= 2) bytes.copyWithin(done, 0, Math.min(done, size - done));
  return bytes;
}

/** Sequential reading in large pieces. */
class ReadAhead {
  #bytes: Uint8Array = new Uint8Array(0);
  #used = 0;
  #next: number;
  readonly #source: ByteSource;
  readonly #size: number;

  constructor(source: ByteSource, offset: number, size: number) {
    this.#source = source;
    this.#next = offset;
    this.#size = size;
  }

  get position(): number {
    return this.#next - (this.#bytes.length - this.#used);
  }

  skip(count: number): void {
    const inside = Math.min(count, this.#bytes.length - this.#used);
    this.#used += inside;
    this.#next += count - inside;
  }

  /** Between 1 and `limit` bytes. */
  async upTo(limit: number): Promise<Uint8Array> {
    if (this.#used === this.#bytes.length) await this.#load(0);
    const piece = this.#bytes.subarray(this.#used, this.#used + Math.min(limit, this.#bytes.length - this.#used));
    this.#used += piece.length;
    return piece;
  }

  async exactly(count: number): Promise<Uint8Array> {
    if (this.#bytes.length - this.#used < count) await this.#load(count);
    const piece = this.#bytes.subarray(this.#used, this.#used + count);
    this.#used += count;
    return piece;
  }

  /** Replaces the window by one that begins at the position and has `least` bytes or more. */
  async #load(least: number): Promise<void> {
    const start = this.position;
    this.#bytes = await this.#source.read(start, this.#size);
    this.#used = 0;
    this.#next = start + this.#bytes.length;
    if (this.#bytes.length < Math.max(1, least)) {
      throw truncated(this.#source, `the chunk data at file offset ${start}`, start + Math.max(1, least));
    }
  }
}

async function* joinSmall(
  pieces: AsyncIterable<Uint8Array>,
  total: number,
  blockBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let joined: Uint8Array | undefined;
  let used = 0;
  let left = total;
  for await (const piece of pieces) {
    const large = piece.length >= Math.min(SMALL_PIECE, blockBytes);
    if (joined && (large || used + piece.length > joined.length)) {
      yield joined.subarray(0, used);
      joined = undefined;
    }
    // What makes up the whole run needs no joining either.
    if (large || piece.length === total) {
      yield piece;
    } else {
      if (!joined) {
        joined = new Uint8Array(Math.min(blockBytes, left));
        used = 0;
      }
      joined.set(piece, used);
      used += piece.length;
    }
    left -= piece.length;
  }
  if (joined) yield joined.subarray(0, used);
}
