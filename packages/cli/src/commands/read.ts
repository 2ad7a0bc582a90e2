import { readPartitions } from '@unbrick/core';
import { ExitCode } from '../exit-codes.js';
import { makeBackupFolder } from '../files/backup-folder.js';
import { formatBytes } from '../render/format.js';
import { type AgentOptions, openAgentJob } from './agent-options.js';
import { emptyReport } from './empty-report.js';
import { chooseRenderer, showError, stopOnInterrupt } from './session.js';

export interface ReadOptions extends AgentOptions {
  /** Where the dated folder is made. */
  out: string;
}

/** `unbrick read`: partitions or regions of the phone to files. Changes nothing on the phone. */
export async function readCommand(names: string[], options: ReadOptions): Promise<number> {
  const renderer = chooseRenderer(options.json ?? false);
  const interrupt = stopOnInterrupt(renderer);
  const started = performance.now();
  try {
    const { job, close } = await openAgentJob(options, renderer.show, interrupt.signal);
    try {
      const backup = await readPartitions({
        ...job,
        names,
        makeFolder: (phone) => makeBackupFolder(options.out, phone.identity.chip?.names[0] ?? 'unknown-chip'),
      });
      renderer.pause();
      if (options.json) {
        const seconds = (performance.now() - started) / 1000;
        renderer.show({ ...emptyReport('Nothing was written to the phone.'), ok: true, seconds, backup });
      } else {
        for (const { name, bytes, sha256 } of backup.files) renderer.say(`  ${name}  ${formatBytes(bytes)}  ${sha256}`);
        renderer.say(`Read and compared: ${backup.folder}`);
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
