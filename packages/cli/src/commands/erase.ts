import { erasePartitions } from '@unbrick/core';
import { agentCommand } from './agent-command.js';
import { type AgentOptions, needSomebodyToAsk } from './agent-options.js';

export interface EraseOptions extends AgentOptions {
  yes?: boolean;
  force?: string[];
}

/** `unbrick erase`: empties partitions; refuses those that nobody can bring back. */
export function eraseCommand(names: string[], options: EraseOptions): Promise<number> {
  return agentCommand(
    options,
    async (session) => {
      needSomebodyToAsk(options, 'See what is there: unbrick info');
      const erased = await erasePartitions({
        ...(await session.open()),
        names,
        force: options.force ?? [],
        ...(options.yes ? {} : { confirm: () => session.ask(`Erase ${names.join(', ')} now?`) }),
      });
      return erased.length > 0
        ? session.end('done', `Erased: ${erased.join(', ')}.`)
        : session.end('declined', 'Nothing was erased.');
    },
    'The job was not finished; see the lines before.',
  );
}
