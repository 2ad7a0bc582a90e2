import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type ByteSource, type FolderSource, UnbrickError } from '@unbrick/core';
import { type DiskFile, openDiskFile } from './disk-file.js';

/** Deep enough for every firmware layout that circulates; keeps a mistaken `flash /` from walking a whole disk. */
const MAX_DEPTH = 6;
const MAX_FILES = 20_000;

/** A firmware folder on disk. */
export class DiskFolder implements FolderSource {
  readonly name: string;
  readonly #root: string;
  readonly #open: DiskFile[] = [];

  constructor(root: string) {
    this.#root = resolve(root);
    this.name = basename(this.#root);
  }

  async list(): Promise<string[]> {
    const found: string[] = [];
    const walk = async (relative: string, depth: number): Promise<void> => {
      const entries = await readdir(join(this.#root, relative), { withFileTypes: true }).catch((cause) => {
        // What may not be looked into below a firmware is none of its parts.
        if (depth > 0) return [];
        throw cause;
      });
      for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name))) {
        const path = relative === '' ? entry.name : `${relative}/${entry.name}`;
        if (entry.isDirectory() && depth < MAX_DEPTH) await walk(path, depth + 1);
        else if (entry.isFile() || entry.isSymbolicLink()) found.push(path);
        if (found.length > MAX_FILES) throw tooManyFiles(this.#root);
      }
    };
    await walk('', 0);
    return found;
  }

  /** @throws UnbrickError `FILE_MISSING` */
  async open(path: string): Promise<ByteSource> {
    const file = await openDiskFile(join(this.#root, path));
    this.#open.push(file);
    return file;
  }

  /** Closes all files that were opened through this folder. */
  close(): void {
    for (const file of this.#open.splice(0)) file.close();
  }
}

function tooManyFiles(root: string): UnbrickError {
  return new UnbrickError({
    code: 'NOT_A_FIRMWARE',
    stage: 'usage',
    message: `${root} holds more than ${MAX_FILES} files and cannot be one firmware.`,
    next: ['Name the folder that holds the scatter file.'],
  });
}
