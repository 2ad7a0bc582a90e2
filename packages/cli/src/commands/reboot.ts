import { type BootMode, bootInto } from '@unbrick/core';
import { agentCommand } from './agent-command.js';
import type { AgentOptions } from './agent-options.js';

export interface RebootOptions extends AgentOptions {
  to: BootMode;
}

/** `unbrick reboot --to MODE`: asks the preloader to boot into another mode. */
export function rebootCommand(options: RebootOptions): Promise<number> {
  return agentCommand(options, async ({ open, end }) => {
    const { source, stop, trace, emit } = await open();
    await bootInto(source, options.to, {
      timeoutMs: options.wait,
      ...(stop ? { signal: stop } : {}),
      onNote: (message) => emit({ type: 'note', phase: 'connect', message }),
      ...(trace ? { trace } : {}),
    });
    return end('done', `The phone is booting: ${options.to}.`);
  });
}
