import { type FlashMode, flash } from '@unbrick/core';
import { ExitCode, exitCodeOf } from '../exit-codes.js';
import { DiskBackupShelf } from '../files/backup-shelf.js';
import { openFirmwarePath } from '../files/firmware-path.js';
import { stateDir } from '../files/state-dir.js';
import { type AgentOptions, openAgentJob } from './agent-options.js';
import { emptyReport } from './empty-report.js';
import { chooseRenderer, showError, stopOnInterrupt } from './session.js';

export interface CheckOptions extends AgentOptions {
  mode: FlashMode;
  only?: string[];
  skip?: string[];
  scatter?: string;
  force?: string[];
}

/** `unbrick check FIRMWARE`: compares a firmware with the connected phone and writes nothing. */
export async function checkCommand(path: string, options: CheckOptions): Promise<number> {
  const renderer = chooseRenderer(options.json ?? false);
  const interrupt = stopOnInterrupt(renderer);
  try {
    const firmware = await openFirmwarePath(path, options.scatter);
    const { job, close } = await openAgentJob(options, renderer.show, interrupt.signal);
    try {
      const { outcome } = await flash({
        ...job,
        // The report of a job that was never meant to write has nothing to say to a person.
        emit: (event) => {
          if (options.json || event.type !== 'report') renderer.show(event);
        },
        firmware,
        mode: options.mode,
        selection: { ...(options.only ? { only: options.only } : {}), ...(options.skip ? { skip: options.skip } : {}) },
        force: options.force ?? [],
        backups: new DiskBackupShelf('.', stateDir()),
        checkOnly: true,
      });
      const code = exitCodeOf(outcome);
      if (!options.json && code === ExitCode.DONE) renderer.say('✓ This firmware can be flashed to this phone.');
      if (!options.json && code === ExitCode.BLOCKED) renderer.say('✗ Do not flash this firmware to this phone.');
      return code;
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
