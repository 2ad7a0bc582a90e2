import { type FlashMode, flash } from '@unbrick/core';
import { DiskBackupShelf } from '../files/backup-shelf.js';
import { openFirmwarePath } from '../files/firmware-path.js';
import { stateDir } from '../files/state-dir.js';
import { agentCommand } from './agent-command.js';
import type { AgentOptions } from './agent-options.js';

export interface CheckOptions extends AgentOptions {
  mode: FlashMode;
  only?: string[];
  skip?: string[];
  scatter?: string;
  force?: string[];
}

/** `unbrick check FIRMWARE`: compares a firmware with the connected phone and writes nothing. */
export function checkCommand(path: string, options: CheckOptions): Promise<number> {
  return agentCommand(options, async ({ renderer, open }) => {
    const firmware = await openFirmwarePath(path, options.scatter);
    const { outcome } = await flash({
      ...(await open()),
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
    if (!options.json && outcome === 'planned') renderer.say('✓ This firmware can be flashed to this phone.');
    if (!options.json && outcome === 'blocked') renderer.say('✗ Do not flash this firmware to this phone.');
    return outcome;
  });
}
