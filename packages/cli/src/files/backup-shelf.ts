import { createHash } from 'node:crypto';
import { open, readdir, readFile, rename, rm, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type BackupFolder, type BackupShelf, type BegunJob, JOURNAL_FILE, type PhoneMark } from '@unbrick/core';
import { BACKUP_PREFIX, findBackupFolder, makeBackupFolder, syncFolder } from './backup-folder.js';
import { makeFolder } from './make-folder.js';

/** One small file a job that was begun and not finished, in the state folder of the user. */
interface Note {
  backup: string;
  phone: PhoneMark;
  begun: string;
}

/**
 * Backups on disk. Their folders lie where the user wants them; which of them belong to unfinished jobs is noted in the
 * user's state folder, so that repeating a command from another folder finds them. Should that note be lost, the journals of
 * the folders beside tell it as well.
 */
export class DiskBackupShelf implements BackupShelf {
  readonly #notes: string;

  /** @param parent where backup folders are made */
  constructor(
    private readonly parent: string,
    stateDir: string,
  ) {
    this.#notes = join(stateDir, 'unfinished');
  }

  make(name: string): Promise<BackupFolder> {
    return makeBackupFolder(this.parent, name);
  }

  async freeBytes(): Promise<number | undefined> {
    try {
      await makeFolder(this.parent);
      const { bavail, bsize } = await statfs(this.parent);
      return bavail * bsize;
    } catch {
      // Some network file systems do not tell; writing will show.
      return undefined;
    }
  }

  async begin(path: string, phone: PhoneMark): Promise<void> {
    await makeFolder(this.#notes);
    const note: Note = { backup: path, phone, begun: new Date().toISOString() };
    const file = this.#fileOf(path);
    const handle = await open(`${file}.new`, 'w');
    try {
      await handle.writeFile(`${JSON.stringify(note, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${file}.new`, file);
    await syncFolder(this.#notes);
  }

  async finish(path: string): Promise<void> {
    await rm(this.#fileOf(path), { force: true });
  }

  async begun(): Promise<BegunJob[]> {
    const notes = await this.#readNotes();
    const noted = await Promise.all(
      notes.map(async ({ backup, phone }): Promise<BegunJob> => {
        const folder = await findBackupFolder(backup);
        return { path: backup, phone, ...(folder ? { folder } : {}) };
      }),
    );
    const known = new Set(noted.map((each) => each.path));
    const beside = (await this.#journalsBeside()).filter((each) => !known.has(each.path));
    // The names of the folders begin with the time.
    return [...noted, ...beside].sort((a, b) => (stampOf(a.path) < stampOf(b.path) ? -1 : 1));
  }

  async #readNotes(): Promise<Note[]> {
    const notes: Note[] = [];
    for (const name of await filesIn(this.#notes)) {
      if (!name.endsWith('.json')) continue;
      try {
        const note = JSON.parse(await readFile(join(this.#notes, name), 'utf8')) as Partial<Note>;
        if (typeof note.backup === 'string' && typeof note.phone?.storageId === 'string') notes.push(note as Note);
      } catch {
        // A damaged note is no note; the journal in the backup folder says the same.
      }
    }
    return notes;
  }

  async #journalsBeside(): Promise<BegunJob[]> {
    const jobs: BegunJob[] = [];
    for (const name of await filesIn(this.parent)) {
      if (!name.startsWith(BACKUP_PREFIX)) continue;
      const folder = await findBackupFolder(resolve(this.parent, name));
      if (folder && (await folder.readText(JOURNAL_FILE)) !== undefined) jobs.push({ path: folder.path, folder });
    }
    return jobs;
  }

  #fileOf(path: string): string {
    return join(this.#notes, `${createHash('sha256').update(path).digest('hex').slice(0, 16)}.json`);
  }
}

function stampOf(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

async function filesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return [];
    throw cause;
  }
}
