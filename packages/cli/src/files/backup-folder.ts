import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, open, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type BackupFile, type BackupFolder, type ByteSource, MANIFEST_FILE, UnbrickError } from '@unbrick/core';
import { type DiskFile, openDiskFile } from './disk-file.js';
import { makeFolder } from './make-folder.js';
import { SparseWriter } from './sparse-writer.js';

/**
 * A new dated folder below `parent`: `unbrick-backup-2026-01-31-14-05-09-MT6735`. A number is added when it exists already.
 * Files are opened for exclusive creation: a backup is never overwritten.
 * @throws UnbrickError `BACKUP_FAILED`
 */
export async function makeBackupFolder(parent: string, chip: string, now = new Date()): Promise<BackupFolder> {
  const stamp = now.toISOString().slice(0, 19).replace(/[T:]/g, '-');
  try {
    await makeFolder(parent);
    for (let attempt = 1; ; attempt++) {
      const path = resolve(parent, `${BACKUP_PREFIX}${stamp}-${chip}${attempt > 1 ? `-${attempt}` : ''}`);
      if (!(await isMade(path))) continue;
      await syncFolder(parent);
      return new DiskBackupFolder(path);
    }
  } catch (cause) {
    throw new UnbrickError({
      code: 'BACKUP_FAILED',
      stage: 'backup',
      message: `No backup folder can be made in '${parent}'. Nothing was written to the phone.`,
      evidence: [(cause as Error).message],
      next: ['Choose another folder: one that you may write to, on a disk with room.'],
      cause,
    });
  }
}

/** False when there is such a folder already. */
async function isMade(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}

export const BACKUP_PREFIX = 'unbrick-backup-';
/** Behind the name of a file until all of it is on the medium: one of a job that was broken off must not look whole. */
const UNFINISHED = '.unfinished';

/** Undefined when there is no such folder. */
export async function findBackupFolder(path: string): Promise<BackupFolder | undefined> {
  try {
    return (await stat(path)).isDirectory() ? new DiskBackupFolder(resolve(path)) : undefined;
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause;
  }
}

/** @throws UnbrickError `FILE_MISSING` */
export async function openBackupFolder(path: string): Promise<BackupFolder> {
  const folder = await findBackupFolder(path);
  if (folder) return folder;
  throw new UnbrickError({
    code: 'FILE_MISSING',
    stage: 'usage',
    message: `There is no folder '${path}'.`,
    next: [`Name a folder that unbrick has made: ${BACKUP_PREFIX}…`],
  });
}

/**
 * The backup that a path leads to: that folder itself, or the only one in it that was finished.
 * @throws UnbrickError `FILE_MISSING`, `BACKUP_AMBIGUOUS`
 */
export async function chooseBackupFolder(path: string): Promise<BackupFolder> {
  const folder = await openBackupFolder(path);
  if ((await folder.readText(MANIFEST_FILE)) !== undefined) return folder;
  const inside: BackupFolder[] = [];
  for (const name of (await readdir(path)).filter((each) => each.startsWith(BACKUP_PREFIX)).sort()) {
    const each = await findBackupFolder(join(path, name));
    if (each && (await each.readText(MANIFEST_FILE)) !== undefined) inside.push(each);
  }
  const [only, ...others] = inside;
  if (!only || others.length === 0) return only ?? folder;
  throw new UnbrickError({
    code: 'BACKUP_AMBIGUOUS',
    stage: 'usage',
    message: `There are ${inside.length} backups in ${path}.`,
    evidence: inside.map((each) => each.path),
    next: ['Name one of these folders. When a job was broken off, the oldest one is of the whole phone.'],
  });
}

class DiskBackupFolder implements BackupFolder {
  readonly #files = new Map<string, DiskFile>();

  constructor(readonly path: string) {}

  async create(fileName: string): Promise<BackupFile> {
    const path = join(this.path, fileName);
    if (await exists(path)) throw new Error(`there is a file ${path} already`);
    const unfinished = `${path}${UNFINISHED}`;
    const handle = await open(unfinished, 'wx');
    const writer = new SparseWriter(handle);
    return {
      write: (bytes) => writer.write(bytes),
      abandon: () => handle.close(),
      finish: async () => {
        try {
          await writer.finish();
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(unfinished, path);
        const hash = createHash('sha256');
        for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
        return { sha256: hash.digest('hex') };
      },
    };
  }

  async writeText(fileName: string, text: string): Promise<void> {
    await writeFile(join(this.path, fileName), text, { flag: 'wx', flush: true });
    await syncFolder(this.path);
  }

  async appendLine(fileName: string, line: string): Promise<void> {
    const handle = await open(join(this.path, fileName), 'a');
    try {
      // The line of a program that was killed may have been cut off: a new one begins in any case.
      await handle.write(`\n${line}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncFolder(this.path);
  }

  async readText(fileName: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.path, fileName), 'utf8');
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw cause;
    }
  }

  async open(fileName: string): Promise<ByteSource> {
    const open = this.#files.get(fileName) ?? (await openDiskFile(join(this.path, fileName)));
    this.#files.set(fileName, open);
    return open;
  }
}

/** Makes the names in a folder outlive a power cut, where the system can do that. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Windows opens no folders; its file systems write names down by themselves.
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function isMissing(cause: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '');
}
