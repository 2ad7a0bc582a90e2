import { MemorySource } from '../../firmware/source.js';
import { sha256Hex } from '../../hash.js';
import { concat } from '../../wire/index.js';
import type { BackupFolder, BackupShelf, BegunJob } from '../backup-folder.js';
import type { PhoneMark } from '../same-phone.js';

/** A backup folder in memory; `spoil` changes what "the disk" gives back. */
export class MemoryBackup implements BackupFolder {
  readonly files = new Map<string, Uint8Array[]>();
  readonly texts = new Map<string, string>();
  spoil = false;
  full = false;

  /** @param onLine called before and after a line is put down */
  constructor(
    readonly path = '/backups/one',
    private readonly onLine: () => void = () => {},
  ) {}

  async create(fileName: string) {
    if (this.files.has(fileName)) throw new Error('EEXIST');
    const parts: Uint8Array[] = [];
    this.files.set(fileName, parts);
    return {
      write: async (bytes: Uint8Array) => {
        if (this.full) throw new Error('ENOSPC: no space left on device');
        parts.push(bytes.slice());
      },
      abandon: async () => {},
      finish: async () => ({ sha256: this.spoil ? '0'.repeat(64) : await sha256Hex(this.bytes(fileName)) }),
    };
  }

  async writeText(fileName: string, text: string) {
    if (this.texts.has(fileName)) throw new Error('EEXIST');
    this.texts.set(fileName, text);
  }

  async appendLine(fileName: string, line: string) {
    this.onLine();
    if (this.full) throw new Error('ENOSPC: no space left on device');
    this.texts.set(fileName, `${this.texts.get(fileName) ?? ''}\n${line}\n`);
    this.onLine();
  }

  async readText(fileName: string) {
    return this.texts.get(fileName);
  }

  async open(fileName: string) {
    return new MemorySource(fileName, this.bytes(fileName));
  }

  bytes(fileName: string): Uint8Array {
    return concat(...(this.files.get(fileName) ?? []));
  }
}

/** Backups in memory, and what a state folder would remember of them. */
export class MemoryShelf implements BackupShelf {
  readonly folders: MemoryBackup[] = [];
  readonly notes = new Map<string, PhoneMark>();
  /** Called when something is written down that a later run of the program finds. */
  onNote: () => void = () => {};

  async make(name: string): Promise<MemoryBackup> {
    const folder = new MemoryBackup(`/backups/${this.folders.length + 1}-${name}`, () => this.onNote());
    this.folders.push(folder);
    return folder;
  }

  async begin(path: string, phone: PhoneMark) {
    this.notes.set(path, phone);
    this.onNote();
  }

  async finish(path: string) {
    this.onNote();
    this.notes.delete(path);
  }

  async begun(): Promise<BegunJob[]> {
    return [...this.notes].map(([path, phone]) => {
      const folder = this.folders.find((each) => each.path === path);
      return { path, phone, ...(folder ? { folder } : {}) };
    });
  }
}
