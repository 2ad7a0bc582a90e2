import { backUpPhone } from '@unbrick/core';
import { DiskBackupShelf } from '../files/backup-shelf.js';
import { stateDir } from '../files/state-dir.js';
import { agentCommand } from './agent-command.js';
import type { AgentOptions } from './agent-options.js';

export interface BackupOptions extends AgentOptions {
  all?: boolean;
  skip?: string[];
}

/** `unbrick backup DIR`: the phone's calibration, or all of it, to a fresh dated folder in DIR. Changes nothing on the phone. */
export function backupCommand(dir: string, options: BackupOptions): Promise<number> {
  return agentCommand(options, async (session) => {
    const job = await session.open();
    const backups = new DiskBackupShelf(dir, stateDir());
    const backup = await backUpPhone({ ...job, backups, all: options.all ?? false, skip: options.skip ?? [] });
    return session.endWithFiles(backup, [
      `Backed up and compared: ${backup.folder}`,
      `Put it back with: unbrick restore ${backup.folder}`,
    ]);
  });
}
