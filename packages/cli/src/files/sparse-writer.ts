import type { FileHandle } from 'node:fs/promises';

/** Runs of zeros are looked for in pieces of this many bytes: shorter holes would only break the file up on the disk. */
const GRAIN = 0x10000;
const ZEROS = Buffer.alloc(GRAIN);

/**
 * Writes a new file from its beginning and leaves zeros out: file systems that can keep such holes use no room for them, on
 * the others the file is just as it would have been. Until {@link finish} the file may be shorter than what was written.
 */
export class SparseWriter {
  #length = 0;

  /** @param handle of an empty file */
  constructor(private readonly handle: FileHandle) {}

  async write(bytes: Uint8Array): Promise<void> {
    for (const [start, end] of runsOfData(bytes, this.#length)) {
      for (let at = start; at < end; ) {
        at += (await this.handle.write(bytes, at, end - at, this.#length + at)).bytesWritten;
      }
    }
    this.#length += bytes.length;
  }

  /** Gives the file its length, in case it ends with a hole. */
  finish(): Promise<void> {
    return this.handle.truncate(this.#length);
  }
}

/** The parts of `bytes` that are not zeros, cut where the file has a whole grain. @param offset place of `bytes` in the file */
function* runsOfData(bytes: Uint8Array, offset: number): Generator<[start: number, end: number]> {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let from = 0;
  for (let at = 0; at < view.length; ) {
    const end = Math.min(view.length, at + GRAIN - ((offset + at) % GRAIN));
    if (view.compare(ZEROS, 0, end - at, at, end) === 0) {
      if (from < at) yield [from, at];
      from = end;
    }
    at = end;
  }
  if (from < view.length) yield [from, view.length];
}
