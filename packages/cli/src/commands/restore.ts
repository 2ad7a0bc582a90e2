import { confirm } from '@clack/prompts';
import { type FirmwarePackage, type Plan, restorePhone, UnbrickError } from '@unbrick/core';
import { exitCodeOf } from '../exit-codes.js';
import { chooseBackupFolder } from '../files/backup-folder.js';
import { DiskBackupShelf } from '../files/backup-shelf.js';
import { openFirmwarePath } from '../files/firmware-path.js';
import { stateDir } from '../files/state-dir.js';
import { type AgentOptions, nobodyToAsk, notConfirmed, openAgentJob } from './agent-options.js';
import { emptyReport } from './empty-report.js';
import { chooseRenderer, showError, stopOnInterrupt } from './session.js';

export interface RestoreOptions extends AgentOptions {
  otherPhone?: boolean;
  dryRun?: boolean;
  yes?: boolean;
}

/** `unbrick restore DIR [names]`: puts a backup back on the phone it is of. */
export async function restoreCommand(dir: string, names: string[], options: RestoreOptions): Promise<number> {
  const renderer = chooseRenderer(options.json ?? false);
  const interrupt = stopOnInterrupt(renderer);
  try {
    if (!options.yes && !options.dryRun && nobodyToAsk(options.json)) throw notConfirmed('Look first: --dry-run');
    const folder = await chooseBackupFolder(dir);
    const { job, close } = await openAgentJob(options, renderer.show, interrupt.signal);
    try {
      // A full backup is a firmware: its agent and memory settings serve when no others are named.
      const own = options.firmware || options.da ? undefined : await firmwareOf(folder.path);
      const ask = async (plan: Plan) => {
        renderer.pause();
        const count = plan.steps.filter((step) => step.kind === 'restore' || step.kind === 'keep').length;
        return (await confirm({ message: `Put these ${count} partitions back now?`, initialValue: false })) === true;
      };
      const { outcome } = await restorePhone({
        ...job,
        ...(own ? { firmware: own } : {}),
        folder,
        names,
        otherPhone: options.otherPhone ?? false,
        backups: new DiskBackupShelf(dir, stateDir()),
        dryRun: options.dryRun ?? false,
        ...(options.yes || options.dryRun ? {} : { confirm: ask }),
      });
      return exitCodeOf(outcome);
    } finally {
      await close();
    }
  } catch (cause) {
    const code = showError(cause, renderer);
    if (options.json) renderer.show(emptyReport('Nothing was written to the phone.'));
    return code;
  } finally {
    interrupt.release();
  }
}

async function firmwareOf(path: string): Promise<FirmwarePackage | undefined> {
  try {
    return await openFirmwarePath(path);
  } catch (cause) {
    if (cause instanceof UnbrickError) return undefined;
    throw cause;
  }
}
