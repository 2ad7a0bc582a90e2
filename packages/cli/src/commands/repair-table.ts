import { confirm } from '@clack/prompts';
import { type RepairOutcome, repairTable } from '@unbrick/core';
import { ExitCode } from '../exit-codes.js';
import { makeBackupFolder } from '../files/backup-folder.js';
import { type AgentOptions, nobodyToAsk, notConfirmed, openAgentJob } from './agent-options.js';
import { emptyReport } from './empty-report.js';
import { chooseRenderer, showError, stopOnInterrupt } from './session.js';

export interface RepairTableOptions extends AgentOptions {
  yes?: boolean;
  backupDir: string;
}

/** `unbrick repair-table`: makes a damaged copy of the phone's GPT whole from the other. */
export async function repairTableCommand(options: RepairTableOptions): Promise<number> {
  const renderer = chooseRenderer(options.json ?? false);
  const interrupt = stopOnInterrupt(renderer);
  try {
    if (!options.yes && nobodyToAsk(options.json)) throw notConfirmed('See what is there: unbrick info');
    const { job, close } = await openAgentJob(options, renderer.show, interrupt.signal);
    try {
      const result = await repairTable({
        ...job,
        makeFolder: (phone) => makeBackupFolder(options.backupDir, phone.identity.chip?.names[0] ?? 'unknown-chip'),
        ...(options.yes
          ? {}
          : {
              confirm: async () => {
                renderer.pause();
                return (await confirm({ message: 'Write this copy of the table now?', initialValue: false })) === true;
              },
            }),
      });
      renderer.pause();
      if (options.json) renderer.show({ ...emptyReport(said(result)), ok: result.outcome !== 'declined' });
      else renderer.say(said(result));
      return result.outcome === 'declined' ? ExitCode.INTERRUPTED : ExitCode.DONE;
    } finally {
      await close();
    }
  } catch (cause) {
    const code = interrupt.signal.aborted ? ExitCode.INTERRUPTED : showError(cause, renderer);
    if (options.json) renderer.show(emptyReport('The job was not finished; see the lines before.'));
    return code;
  } finally {
    interrupt.release();
  }
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
