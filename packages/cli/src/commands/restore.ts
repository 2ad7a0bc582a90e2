import { type FirmwarePackage, type Plan, restorePhone, UnbrickError } from '@unbrick/core';
import { chooseBackupFolder } from '../files/backup-folder.js';
import { DiskBackupShelf } from '../files/backup-shelf.js';
import { openFirmwarePath } from '../files/firmware-path.js';
import { stateDir } from '../files/state-dir.js';
import { agentCommand } from './agent-command.js';
import { type AgentOptions, needSomebodyToAsk } from './agent-options.js';

export interface RestoreOptions extends AgentOptions {
  otherPhone?: boolean;
  dryRun?: boolean;
  yes?: boolean;
}

/** `unbrick restore DIR [names]`: puts a backup back on the phone it is of. */
export function restoreCommand(dir: string, names: string[], options: RestoreOptions): Promise<number> {
  return agentCommand(options, async (session) => {
    const folder = await chooseBackupFolder(dir);
    needSomebodyToAsk(options, 'Look first: --dry-run');
    // A full backup is a firmware: its agent and memory settings serve when no others are named.
    const own = options.firmware || options.da ? undefined : await firmwareOf(folder.path);
    const ask = (plan: Plan) => {
      const count = plan.steps.filter((step) => step.kind === 'restore' || step.kind === 'keep').length;
      return session.ask(`Put these ${count} partitions back now?`);
    };
    const { outcome } = await restorePhone({
      ...(await session.open()),
      ...(own ? { firmware: own } : {}),
      folder,
      names,
      otherPhone: options.otherPhone ?? false,
      backups: new DiskBackupShelf(dir, stateDir()),
      dryRun: options.dryRun ?? false,
      ...(options.yes || options.dryRun ? {} : { confirm: ask }),
    });
    return outcome;
  });
}

async function firmwareOf(path: string): Promise<FirmwarePackage | undefined> {
  try {
    return await openFirmwarePath(path);
  } catch (cause) {
    if (cause instanceof UnbrickError) return undefined;
    throw cause;
  }
}
