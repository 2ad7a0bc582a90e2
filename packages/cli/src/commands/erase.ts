import { confirm } from '@clack/prompts';
import { erasePartitions } from '@unbrick/core';
import { ExitCode } from '../exit-codes.js';
import { type AgentOptions, nobodyToAsk, notConfirmed, openAgentJob } from './agent-options.js';
import { emptyReport } from './empty-report.js';
import { chooseRenderer, showError, stopOnInterrupt } from './session.js';

export interface EraseOptions extends AgentOptions {
  yes?: boolean;
  force?: string[];
}

/** `unbrick erase`: empties partitions; refuses those that nobody can bring back. */
export async function eraseCommand(names: string[], options: EraseOptions): Promise<number> {
  const renderer = chooseRenderer(options.json ?? false);
  const interrupt = stopOnInterrupt(renderer);
  try {
    if (!options.yes && nobodyToAsk(options.json)) throw notConfirmed('See what is there: unbrick info');
    const { job, close } = await openAgentJob(options, renderer.show, interrupt.signal);
    try {
      const erased = await erasePartitions({
        ...job,
        names,
        force: options.force ?? [],
        ...(options.yes
          ? {}
          : {
              confirm: async () => {
                renderer.pause();
                return (await confirm({ message: `Erase ${names.join(', ')} now?`, initialValue: false })) === true;
              },
            }),
      });
      renderer.pause();
      const said = erased.length > 0 ? `Erased: ${erased.join(', ')}.` : 'Nothing was erased.';
      if (options.json) renderer.show({ ...emptyReport(said), ok: true });
      else renderer.say(said);
      return erased.length > 0 ? ExitCode.DONE : ExitCode.INTERRUPTED;
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
