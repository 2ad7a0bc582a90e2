import { createCRC32 } from 'hash-wasm';
import { hex } from '../../wire/index.js';
import type { EntryData } from './entry-data.js';

/** How much of the archive is read at once. */
const INPUT_BYTES = 256 << 10;
/** Readers of sparse images read on in large pieces and then go back to the next header: that much stays at hand, bytes. */
const BEHIND_BYTES = 2 << 20;

interface Piece {
  start: number;
  bytes: Uint8Array;
}

/** One pass through a compressed file. Throws plain errors: who reads translates them. */
export class EntryStream {
  readonly #data: EntryData;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #checksum: Awaited<ReturnType<typeof createCRC32>>;
  /** What was decompressed last, in order, without gaps. */
  #pieces: Piece[] = [];
  #position = 0;

  private constructor(data: EntryData, checksum: Awaited<ReturnType<typeof createCRC32>>) {
    this.#data = data;
    this.#checksum = checksum.init();
    this.#reader = packedBytes(data).pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  }

  static async open(data: EntryData): Promise<EntryStream> {
    return new EntryStream(data, await createCRC32());
  }

  /** Whether a read at `offset` needs no new pass. */
  reaches(offset: number): boolean {
    return offset >= (this.#pieces[0]?.start ?? this.#position);
  }

  /** Exactly these bytes; they must lie inside the file, and {@link reaches} must be true. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const result = new Uint8Array(length);
    const end = offset + length;
    for (const piece of this.#pieces) copyOverlap(piece, result, offset);
    while (this.#position < end) copyOverlap(await this.#next(), result, offset);
    return result;
  }

  async stop(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
  }

  async #next(): Promise<Piece> {
    const { done, value } = await this.#reader.read();
    const { size } = this.#data;
    if (done) throw new Error(`the data ends after ${this.#position} of ${size} bytes`);
    const piece = { start: this.#position, bytes: value };
    this.#position += value.length;
    this.#checksum.update(value);
    if (this.#position >= size) await this.#finish();
    this.#pieces.push(piece);
    const keep = this.#position - BEHIND_BYTES;
    const old = this.#pieces.findIndex((each) => each.start + each.bytes.length > keep);
    if (old > 0) this.#pieces.splice(0, old);
    return piece;
  }

  /** Size and checksum are known to be right only when the stream has ended in order. */
  async #finish(): Promise<void> {
    const { size, crc32 } = this.#data;
    const { done } = this.#position > size ? { done: false } : await this.#reader.read();
    if (!done) throw new Error(`there is more data than the ${size} bytes it should have`);
    const found = Number.parseInt(this.#checksum.digest('hex'), 16);
    if (crc32 !== undefined && found !== crc32) {
      throw new Error(`its CRC-32 is ${hex(found, 8)}, the archive says ${hex(crc32, 8)}`);
    }
  }
}

function packedBytes(data: EntryData): ReadableStream<Uint8Array<ArrayBuffer>> {
  let offset = 0;
  return new ReadableStream({
    async pull(controller) {
      const length = Math.min(INPUT_BYTES, data.packed - offset);
      if (length === 0) return controller.close();
      const bytes = await data.read(offset, length);
      offset += length;
      controller.enqueue(bytes as Uint8Array<ArrayBuffer>);
    },
  });
}

/** Copies what of the piece belongs into `target`, which begins at `offset` of the file. */
function copyOverlap({ start, bytes }: Piece, target: Uint8Array, offset: number): void {
  const from = Math.max(0, offset - start);
  const to = Math.min(bytes.length, offset + target.length - start);
  if (from < to) target.set(bytes.subarray(from, to), start + from - offset);
}
