/**
 * Random access to the bytes of one file, wherever it lives: disk (packages/cli), a browser File, memory.
 */
export interface ByteSource {
  /** File name without folders. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`; fewer only at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A folder of files, flat names with `/` between folders, as a person would see them. */
export interface FolderSource {
  readonly name: string;
  /** Paths of all files below the folder, relative, `/`-separated. */
  list(): Promise<string[]>;
  /** @throws UnbrickError `FILE_MISSING` */
  open(path: string): Promise<ByteSource>;
}

/** A file held in memory. */
export class MemorySource implements ByteSource {
  readonly name: string;
  readonly #bytes: Uint8Array;

  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return Promise.resolve(this.#bytes.subarray(offset, offset + length));
  }
}

/** The whole file. Only for files that are small by nature: scatter, preloader, agent. @throws RangeError beyond `limit` */
export async function readWhole(source: ByteSource, limit: number): Promise<Uint8Array> {
  if (source.size > limit) throw new RangeError(`${source.name} has ${source.size} bytes, more than ${limit}`);
  return source.read(0, source.size);
}
