/** DOWNLOAD of Android sparse images: the partition is erased as a whole, then raw and fill chunks are written. */
import {
  decode,
  encode,
  SPARSE_MAGIC,
  SparseChunkHeader,
  SparseChunkType,
  SparseHeader,
  u32,
  XflashStatus,
} from '@unbrick/core/wire';
import { AgentError, type FlashContext } from './flash-context.js';
import type { AgentPartition } from './partition-table.js';
import type { ImageSink } from './programmer.js';
import { program, RawSink } from './raw-sink.js';

const FILL_BUFFER = 1 << 20;

/** A partition takes raw and sparse images alike; the first bytes decide. */
export class PartitionSink implements ImageSink {
  #sink: ImageSink | undefined;

  constructor(
    private readonly flash: FlashContext,
    private readonly partition: AgentPartition,
  ) {}

  async write(bytes: Uint8Array, reference?: number): Promise<void> {
    this.#sink ??= await this.#choose(bytes);
    await this.#sink.write(bytes, reference);
  }

  async finish(): Promise<void> {
    await this.#sink?.finish();
  }

  async #choose(bytes: Uint8Array): Promise<ImageSink> {
    const { region, start, size } = this.partition;
    if (bytes.length < 4 || decode(u32, 'little', bytes) !== SPARSE_MAGIC) {
      return new RawSink(this.flash, region, start, size);
    }
    await this.flash.storage.erase(region, start, size);
    return new SparseSink(this.flash, this.partition);
  }
}

/** What the next bytes of the file are. */
interface Expected {
  part: 'file header' | 'chunk header' | 'fill value' | 'ignored' | 'raw data';
  bytes: number;
}

/** Decodes a sparse file that comes in pieces of any size; keeps nothing but headers. */
export class SparseSink implements ImageSink {
  #expected: Expected = { part: 'file header', bytes: SparseHeader.size };
  /** Bytes of a header or value that came so far. */
  #gathered = new Uint8Array(0);
  #header = { fileHeaderSize: 0, chunkHeaderSize: 0, blockSize: 0 };
  #chunksLeft = 0;
  #complete = false;
  #fillLength = 0;
  /** Position in the partition. */
  #position = 0;

  constructor(
    private readonly flash: FlashContext,
    private readonly partition: AgentPartition,
  ) {}

  async write(bytes: Uint8Array): Promise<void> {
    let at = 0;
    while (at < bytes.length && !this.#complete) {
      const piece = bytes.subarray(at, at + this.#expected.bytes - this.#gathered.length);
      at += piece.length;
      if (this.#expected.part === 'raw data') await this.#writeRaw(piece);
      else if (this.#expected.part === 'ignored') this.#consume(piece.length);
      else await this.#gather(piece);
    }
  }

  async finish(): Promise<void> {
    // The agents know "sparse image incomplete" as an inner state; to the host it is a failed write.
    if (!this.#complete) throw new AgentError(XflashStatus.SPARSE_WRITE_FAILED);
  }

  async #writeRaw(piece: Uint8Array): Promise<void> {
    await this.#put(piece);
    this.#consume(piece.length);
  }

  /** Counts down raw and ignored bytes; a chunk header follows. */
  #consume(length: number): void {
    this.#expected.bytes -= length;
    if (this.#expected.bytes === 0) this.#nextChunk();
  }

  async #gather(piece: Uint8Array): Promise<void> {
    const { part, bytes } = this.#expected;
    const whole = new Uint8Array(this.#gathered.length + piece.length);
    whole.set(this.#gathered);
    whole.set(piece, this.#gathered.length);
    this.#gathered = whole;
    if (whole.length < bytes) return;
    this.#gathered = new Uint8Array(0);
    if (part === 'file header') this.#startFile(whole);
    else if (part === 'chunk header') this.#startChunk(whole);
    else await this.#fill(whole);
  }

  #startFile(bytes: Uint8Array): void {
    const header = SparseHeader.parse(bytes);
    if (header.fileHeaderSize < SparseHeader.size || header.chunkHeaderSize < SparseChunkHeader.size) {
      throw new AgentError(XflashStatus.SPARSE_WRITE_FAILED);
    }
    this.#header = header;
    this.#chunksLeft = header.totalChunks;
    const extra = header.fileHeaderSize - SparseHeader.size;
    if (extra > 0) this.#expected = { part: 'ignored', bytes: extra };
    else this.#nextChunk();
  }

  #startChunk(bytes: Uint8Array): void {
    const chunk = SparseChunkHeader.parse(bytes);
    this.#chunksLeft--;
    const data = chunk.totalSize - this.#header.chunkHeaderSize;
    const output = chunk.blocks * this.#header.blockSize;
    switch (chunk.type) {
      case SparseChunkType.RAW:
        if (data !== output) throw new AgentError(XflashStatus.SPARSE_WRITE_FAILED);
        if (data > 0) this.#expected = { part: 'raw data', bytes: data };
        else this.#nextChunk();
        return;
      case SparseChunkType.FILL:
        if (data !== 4) throw new AgentError(XflashStatus.SPARSE_WRITE_FAILED);
        this.#fillLength = output;
        this.#expected = { part: 'fill value', bytes: 4 };
        return;
      case SparseChunkType.DONT_CARE:
        if (data !== 0) throw new AgentError(XflashStatus.SPARSE_WRITE_FAILED);
        this.#position += output;
        this.#nextChunk();
        return;
      case SparseChunkType.CRC32:
        if (data > 0) this.#expected = { part: 'ignored', bytes: data };
        else this.#nextChunk();
        return;
      default:
        throw new AgentError(XflashStatus.UNKNOWN_SPARSE_CHUNK);
    }
  }

  #nextChunk(): void {
    if (this.#chunksLeft === 0) this.#complete = true;
    else this.#expected = { part: 'chunk header', bytes: this.#header.chunkHeaderSize };
  }

  async #fill(value: Uint8Array): Promise<void> {
    const word = decode(u32, 'little', value);
    if (word === 0) {
      // The partition has just been erased, and erased areas read as zero.
      this.#reserve(this.#fillLength);
      this.#position += this.#fillLength;
    } else {
      const pattern = new Uint8Array(Math.min(FILL_BUFFER, this.#fillLength));
      for (let at = 0; at < pattern.length; at += 4) pattern.set(encode(u32, 'little', word), at);
      for (let left = this.#fillLength; left > 0; left -= pattern.length) {
        await this.#put(pattern.subarray(0, Math.min(left, pattern.length)));
      }
    }
    this.#nextChunk();
  }

  async #put(bytes: Uint8Array): Promise<void> {
    this.#reserve(bytes.length);
    await program(this.flash, this.partition.region, this.partition.start + this.#position, bytes);
    this.#position += bytes.length;
  }

  #reserve(length: number): void {
    if (this.#position + length > this.partition.size) throw new AgentError(XflashStatus.IMAGE_TOO_LARGE);
  }
}
