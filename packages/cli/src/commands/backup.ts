import { backUpPhone } from '@unbrick/core';
import { ExitCode } from '../exit-codes.js';
import { DiskBackupShelf } from '../files/backup-shelf.js';
import { stateDir } from '../files/state-dir.js';
import { formatBytes } from '../render/format.js';
import { type AgentOptions, openAgentJob } from './agent-options.js';
import { emptyReport } from './empty-report.js';
import { chooseRenderer, showError, stopOnInterrupt } from './session.js';

export interface BackupOptions extends AgentOptions {
  all?: boolean;
  skip?: string[];
}

/** `unbrick backup DIR`: the phone's calibration, or all of it, to a fresh dated folder in DIR. Changes nothing on the phone. */
export async function backupCommand(dir: string, options: BackupOptions): Promise<number> {
  const renderer = chooseRenderer(options.json ?? false);
  const interrupt = stopOnInterrupt(renderer);
  const started = performance.now();
  try {
    const { job, close } = await openAgentJob(options, renderer.show, interrupt.signal);
    try {
      const backups = new DiskBackupShelf(dir, stateDir());
      const backup = await backUpPhone({ ...job, backups, all: options.all ?? false, skip: options.skip ?? [] });
      renderer.pause();
      if (options.json) {
        const seconds = (performance.now() - started) / 1000;
        renderer.show({ ...emptyReport('Nothing was written to the phone.'), ok: true, seconds, backup });
      } else {
        for (const { name, bytes, sha256 } of backup.files) renderer.say(`  ${name}  ${formatBytes(bytes)}  ${sha256}`);
        renderer.say(`Backed up and compared: ${backup.folder}`);
        renderer.say(`Put it back with: unbrick restore ${backup.folder}`);
      }
      return ExitCode.DONE;
    } finally {
      await close();
    }
  } catch (cause) {
    const code = interrupt.signal.aborted ? ExitCode.INTERRUPTED : showError(cause, renderer);
    if (options.json) renderer.show(emptyReport('Nothing was written to the phone.'));
    return code;
  } finally {
    interrupt.release();
  }
}
