import {
  type BackupFolder,
  type BackupShelf,
  type BegunJob,
  MemorySource,
  type PhoneMark,
  sha256Hex,
} from '@unbrick/core';

/** A backup folder in memory, which can be used as a firmware folder, too. */
export class MemoryFolderBackup implements BackupFolder {
  readonly files = new Map<string, Uint8Array>();

  /** @param onLine called before a line is put down */
  constructor(
    readonly path: string,
    private readonly onLine: () => void = () => {},
  ) {}

  async create(fileName: string) {
    if (this.files.has(fileName)) throw new Error('EEXIST');
    const parts: Uint8Array[] = [];
    this.files.set(fileName, new Uint8Array(0));
    return {
      write: async (bytes: Uint8Array) => {
        parts.push(bytes.slice());
      },
      abandon: async () => {},
      finish: async () => {
        const whole = new Uint8Array(Buffer.concat(parts));
        this.files.set(fileName, whole);
        return { sha256: await sha256Hex(whole) };
      },
    };
  }

  async writeText(fileName: string, text: string) {
    if (this.files.has(fileName)) throw new Error('EEXIST');
    this.files.set(fileName, new TextEncoder().encode(text));
  }

  async appendLine(fileName: string, line: string) {
    this.onLine();
    this.files.set(fileName, new TextEncoder().encode(`${(await this.readText(fileName)) ?? ''}\n${line}\n`));
  }

  async readText(fileName: string) {
    const bytes = this.files.get(fileName);
    return bytes && new TextDecoder().decode(bytes);
  }

  async open(fileName: string) {
    const bytes = this.files.get(fileName);
    if (!bytes) throw new Error(`no ${fileName}`);
    return new MemorySource(fileName, bytes);
  }
}

export class MemoryBackupShelf implements BackupShelf {
  readonly folders: MemoryFolderBackup[] = [];
  readonly notes = new Map<string, PhoneMark>();
  /** Called before each line of a journal, with its number from 1. */
  onLine: (count: number) => void = () => {};
  #lines = 0;

  async make(name: string) {
    const path = `/backups/${this.folders.length + 1}-${name}`;
    const folder = new MemoryFolderBackup(path, () => this.onLine(++this.#lines));
    this.folders.push(folder);
    return folder;
  }

  async begin(path: string, phone: PhoneMark) {
    this.notes.set(path, phone);
  }

  async finish(path: string) {
    this.notes.delete(path);
  }

  async begun(): Promise<BegunJob[]> {
    return [...this.notes].map(([path, phone]) => {
      const folder = this.folders.find((each) => each.path === path);
      return { path, phone, ...(folder ? { folder } : {}) };
    });
  }
}
