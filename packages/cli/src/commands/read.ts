import { readPartitions } from '@unbrick/core';
import { makeBackupFolder } from '../files/backup-folder.js';
import { agentCommand } from './agent-command.js';
import type { AgentOptions } from './agent-options.js';

export interface ReadOptions extends AgentOptions {
  /** Where the dated folder is made. */
  out: string;
}

/** `unbrick read`: partitions or regions of the phone to files. Changes nothing on the phone. */
export function readCommand(names: string[], options: ReadOptions): Promise<number> {
  return agentCommand(options, async (session) => {
    const backup = await readPartitions({
      ...(await session.open()),
      names,
      makeFolder: (phone) => makeBackupFolder(options.out, phone.identity.chip?.names[0] ?? 'unknown-chip'),
    });
    return session.endWithFiles(backup, [`Read and compared: ${backup.folder}`]);
  });
}
