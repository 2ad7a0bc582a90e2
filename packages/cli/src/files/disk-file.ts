import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type ByteSource, UnbrickError } from '@unbrick/core';

/** A file on disk, opened on first use and kept open until the process ends or {@link close}. */
export class DiskFile implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #path: string;
  #handle: Promise<FileHandle> | undefined;

  constructor(path: string, size: number) {
    this.#path = path;
    this.name = basename(path);
    this.size = size;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#handle ??= open(this.#path, 'r');
    const handle = await this.#handle;
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    const buffer = Buffer.allocUnsafeSlow(wanted);
    let filled = 0;
    while (filled < wanted) {
      const { bytesRead } = await handle.read(buffer, filled, wanted - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return new Uint8Array(buffer.buffer, buffer.byteOffset, filled);
  }

  async close(): Promise<void> {
    await (await this.#handle)?.close();
    this.#handle = undefined;
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
