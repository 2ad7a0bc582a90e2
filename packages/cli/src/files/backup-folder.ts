import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BackupFile, BackupFolder } from '@unbrick/core';

/**
 * A new dated folder below `parent`: `unbrick-backup-2026-01-31-14-05-09-MT6735`. A number is added when it exists already.
 * Files are opened for exclusive creation: a backup is never overwritten.
 */
export async function makeBackupFolder(parent: string, chip: string, now = new Date()): Promise<BackupFolder> {
  const stamp = now.toISOString().slice(0, 19).replace(/[T:]/g, '-');
  await mkdir(parent, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const path = resolve(parent, `unbrick-backup-${stamp}-${chip}${attempt > 1 ? `-${attempt}` : ''}`);
    try {
      await mkdir(path);
      return new DiskBackupFolder(path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    }
  }
}

class DiskBackupFolder implements BackupFolder {
  constructor(readonly path: string) {}

  async create(fileName: string): Promise<BackupFile> {
    const path = join(this.path, fileName);
    const handle = await open(path, 'wx');
    return {
      write: async (bytes) => {
        let offset = 0;
        while (offset < bytes.length) {
          offset += (await handle.write(bytes, offset, bytes.length - offset)).bytesWritten;
        }
      },
      finish: async () => {
        await handle.sync();
        await handle.close();
        const hash = createHash('sha256');
        for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
        return { sha256: hash.digest('hex') };
      },
    };
  }

  async writeText(fileName: string, text: string): Promise<void> {
    await writeFile(join(this.path, fileName), text, { flag: 'wx', flush: true });
  }
}
