import { closeSync, openSync, read } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { type ByteSource, UnbrickError } from '@unbrick/core';

const readAt = promisify(read);

/** A file on disk, opened on first use and kept open until {@link close}. */
export class DiskFile implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #path: string;
  // A plain descriptor: a FileHandle that a caller forgets would be closed with a warning in the middle of a job.
  #descriptor: number | undefined;

  constructor(path: string, size: number) {
    this.#path = path;
    this.name = basename(path);
    this.size = size;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#descriptor ??= openSync(this.#path, 'r');
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    const buffer = Buffer.allocUnsafeSlow(wanted);
    let filled = 0;
    while (filled < wanted) {
      const { bytesRead } = await readAt(this.#descriptor, buffer, filled, wanted - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return new Uint8Array(buffer.buffer, buffer.byteOffset, filled);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** @throws UnbrickError `FILE_MISSING` */
export async function openDiskFile(path: string): Promise<DiskFile> {
  try {
    const info = await stat(path);
    if (!info.isFile()) throw new Error('it is not a file');
    return new DiskFile(path, info.size);
  } catch (cause) {
    throw new UnbrickError({
      code: 'FILE_MISSING',
      stage: 'usage',
      message: `'${path}' cannot be opened.`,
      evidence: [cause instanceof Error ? cause.message : String(cause)],
      next: ['Check the path and that you may read the file.'],
      cause,
    });
  }
}
