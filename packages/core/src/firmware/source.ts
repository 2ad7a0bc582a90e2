import type { FirmwareProblem } from './firmware-problem.js';

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
  /**
   * The file is compressed inside an archive: reading forwards is cheap, every step backwards starts again from its
   * beginning, and reading its end means reading all of it.
   */
  readonly sequential?: boolean;
  /** CRC-32 of the content, where an archive keeps one. Reading a `sequential` file to its end checks it. */
  readonly crc32?: number | undefined;
}

/** A folder of files, flat names with `/` between folders, as a person would see them. */
export interface FolderSource {
  readonly name: string;
  /** Paths of all files below the folder, relative, `/`-separated. */
  list(): Promise<string[]>;
  /** @throws UnbrickError `FILE_MISSING`; from an archive also what its format says of a damaged or locked file */
  open(path: string): Promise<ByteSource>;
  /** What is odd about the folder itself: unsafe or repeated names in an archive. */
  readonly problems?: readonly FirmwareProblem[];
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
