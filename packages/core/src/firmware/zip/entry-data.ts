import type { FileEntry } from '@zip.js/zip.js';
import { struct, u16, u32 } from '../../wire/index.js';
import type { ByteSource } from '../source.js';

const LOCAL_SIGNATURE = 0x04034b50;
const LocalHeader = struct('little', {
  signature: u32,
  version: u16,
  flags: u16,
  method: u16,
  time: u16,
  date: u16,
  crc32: u32,
  compressedSize: u32,
  size: u32,
  nameLength: u16,
  extraLength: u16,
});

/** The bytes of one file as they lie in the archive. Throws plain errors: who reads translates them. */
export class EntryData {
  /** Bytes in the archive, and as a file. */
  readonly packed: number;
  readonly size: number;
  readonly crc32: number | undefined;
  readonly #archive: ByteSource;
  readonly #header: number;
  #start: Promise<number> | undefined;

  constructor(archive: ByteSource, entry: FileEntry) {
    this.packed = entry.compressedSize;
    this.size = entry.uncompressedSize;
    this.crc32 = entry.crc32;
    this.#archive = archive;
    this.#header = entry.offset;
  }

  /** Exactly these bytes. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    // The directory tells where the file's own header is; how long that is only it knows itself.
    this.#start ??= this.#locate();
    const bytes = await this.#archive.read((await this.#start) + offset, length);
    if (bytes.length < length) throw new Error(`${length} bytes at ${offset} were expected, ${bytes.length} are there`);
    return bytes;
  }

  async #locate(): Promise<number> {
    const bytes = await this.#archive.read(this.#header, LocalHeader.size);
    const header = bytes.length === LocalHeader.size ? LocalHeader.parse(bytes) : undefined;
    if (header?.signature !== LOCAL_SIGNATURE) throw new Error(`there is no file header at offset ${this.#header}`);
    return this.#header + LocalHeader.size + header.nameLength + header.extraLength;
  }
}
