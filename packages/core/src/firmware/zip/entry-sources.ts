import type { FileEntry } from '@zip.js/zip.js';
import { concat } from '../../wire/index.js';
import { nameOf } from '../file-lookup.js';
import type { ByteSource } from '../source.js';
import { EntryData } from './entry-data.js';
import { EntryStream } from './entry-stream.js';
import type { Releasable, StreamPool } from './stream-pool.js';
import { zipFailure } from './zip-errors.js';

/** A file that lies in the archive as it is: random access costs nothing. */
export class StoredEntry implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly crc32: number | undefined;
  readonly #data: EntryData;

  /** @param path inside the archive */
  constructor(archive: ByteSource, entry: FileEntry, path: string) {
    this.#data = new EntryData(archive, entry);
    this.name = nameOf(path);
    this.size = this.#data.size;
    this.crc32 = this.#data.crc32;
  }

  /** @throws UnbrickError `ARCHIVE_DAMAGED` */
  async read(offset: number, length: number): Promise<Uint8Array> {
    try {
      return await this.#data.read(offset, Math.max(0, Math.min(length, this.size - offset)));
    } catch (cause) {
      throw zipFailure(this.name, cause);
    }
  }
}

/** The beginning is asked for again and again, to see what a file is: it is kept, bytes. */
const HEAD_BYTES = 64 << 10;

/**
 * A compressed file, decompressed while it is read: a reader that goes forwards pays for each byte once, one that goes far
 * back starts again. Holds some 3 MiB, whatever the size. Content that does not match its checksum or size fails the read
 * that reaches its end.
 */
export class CompressedEntry implements ByteSource, Releasable {
  readonly name: string;
  readonly size: number;
  readonly crc32: number | undefined;
  readonly sequential = true;
  readonly #data: EntryData;
  readonly #pool: StreamPool;
  #head: Uint8Array | undefined;
  #stream: EntryStream | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param path inside the archive */
  constructor(archive: ByteSource, entry: FileEntry, path: string, pool: StreamPool) {
    this.#data = new EntryData(archive, entry);
    this.#pool = pool;
    this.name = nameOf(path);
    this.size = this.#data.size;
    this.crc32 = this.#data.crc32;
  }

  /** Lets go of the place that was reached; the next read begins anew. */
  release(): void {
    this.#turn = this.#turn.then(async () => {
      const stream = this.#stream;
      this.#stream = undefined;
      await stream?.stop();
    });
  }

  /** @throws UnbrickError `ARCHIVE_DAMAGED` */
  read(offset: number, length: number): Promise<Uint8Array> {
    // One stream, so one reader at a time.
    const result = this.#turn.then(() => this.#read(offset, Math.max(0, Math.min(length, this.size - offset))));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #read(offset: number, length: number): Promise<Uint8Array> {
    if (length === 0) return new Uint8Array(0);
    try {
      this.#head ??= await this.#from(0, Math.min(this.size, HEAD_BYTES));
      const kept = this.#head.slice(offset, offset + length);
      if (kept.length === length) return kept;
      const rest = await this.#from(offset + kept.length, length - kept.length);
      return kept.length === 0 ? rest : concat(kept, rest);
    } catch (cause) {
      this.#stream = undefined;
      throw zipFailure(this.name, cause);
    }
  }

  async #from(offset: number, length: number): Promise<Uint8Array> {
    if (this.#stream && !this.#stream.reaches(offset)) {
      await this.#stream.stop();
      this.#stream = undefined;
    }
    this.#stream ??= await EntryStream.open(this.#data);
    this.#pool.use(this);
    return this.#stream.read(offset, length);
  }
}
