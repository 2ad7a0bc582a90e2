import { type RepairOutcome, repairTable } from '@unbrick/core';
import { makeBackupFolder } from '../files/backup-folder.js';
import { agentCommand } from './agent-command.js';
import { type AgentOptions, needSomebodyToAsk } from './agent-options.js';

export interface RepairTableOptions extends AgentOptions {
  yes?: boolean;
  backupDir: string;
}

/** `unbrick repair-table`: makes a damaged copy of the phone's partition table whole from the other. */
export function repairTableCommand(options: RepairTableOptions): Promise<number> {
  return agentCommand(
    options,
    async (session) => {
      needSomebodyToAsk(options, 'See what is there: unbrick info');
      const result = await repairTable({
        ...(await session.open()),
        makeFolder: (phone) => makeBackupFolder(options.backupDir, phone.identity.chip?.names[0] ?? 'unknown-chip'),
        ...(options.yes ? {} : { confirm: () => session.ask('Write this copy of the table now?') }),
      });
      return session.end(result.outcome === 'declined' ? 'declined' : 'done', said(result));
    },
    'The job was not finished; see the lines before.',
  );
}

function said(result: RepairOutcome): string {
  switch (result.outcome) {
    case 'repaired':
      return `The ${result.copy} copy of the partition table was written and read back.`;
    case 'whole':
      return 'Both copies of the partition table are whole. Nothing was written.';
    case 'declined':
      return 'Nothing was written.';
  }
}
