import { UnbrickError } from '../errors/unbrick-error.js';
import { type ByteSource, type FolderSource, MemorySource } from './source.js';

/** A folder held in memory, for tests and for practice firmware made on the spot. */
export class MemoryFolder implements FolderSource {
  readonly name: string;
  readonly #files = new Map<string, Uint8Array>();

  /** `files`: path with `/` between folders → content; text is stored as UTF-8. */
  constructor(name: string, files: Readonly<Record<string, Uint8Array | string>> = {}) {
    this.name = name;
    for (const [path, content] of Object.entries(files)) this.set(path, content);
  }

  /** Adds or replaces a file. */
  set(path: string, content: Uint8Array | string): void {
    this.#files.set(path, typeof content === 'string' ? new TextEncoder().encode(content) : content);
  }

  list(): Promise<string[]> {
    return Promise.resolve([...this.#files.keys()]);
  }

  /** @throws UnbrickError `FILE_MISSING` */
  open(path: string): Promise<ByteSource> {
    const bytes = this.#files.get(path);
    if (!bytes) {
      return Promise.reject(
        new UnbrickError({
          code: 'FILE_MISSING',
          stage: 'firmware',
          message: `There is no file ${path} in ${this.name}.`,
          evidence: [`the folder has ${this.#files.size} files`],
          next: ['Compare the name with the files that are there.'],
        }),
      );
    }
    return Promise.resolve(new MemorySource(path.slice(path.lastIndexOf('/') + 1), bytes));
  }
}
