import { confirm } from '@clack/prompts';
import type { AgentJob, BackupReport, Outcome } from '@unbrick/core';
import { exitCodeOf } from '../exit-codes.js';
import { formatBytes } from '../render/format.js';
import type { Renderer } from '../render/renderer.js';
import { userLanguage } from '../render/user-language.js';
import { type AgentOptions, type OpenedJob, openAgentJob } from './agent-options.js';
import { emptyReport } from './empty-report.js';
import { chooseRenderer, showError, stopOnInterrupt } from './session.js';

/** What a command works with. */
export interface AgentSession {
  renderer: Renderer;
  /**
   * The parts of a job that the options describe; closed when the command ends.
   * @throws UnbrickError stage `usage` for files and ports that are not there
   */
  open(): Promise<AgentJob>;
  /** Asks the user, who has to say yes. */
  ask(question: string): Promise<boolean>;
  /** The end of a job that has no report of its own, in one sentence. */
  end(outcome: Outcome, sentence: string): Outcome;
  /** The end of a job that has read the phone to files and compared them; `last` stands under the list of files. */
  endWithFiles(backup: BackupReport, last: readonly string[]): Outcome;
}

/**
 * What is around every command that talks to a phone through an agent: Ctrl-C, what is shown of an error that came before
 * or instead of a job, the last line that `--json` promises, and the exit code.
 * @param unfinished what is true of the phone when `work` throws
 */
export async function agentCommand(
  options: AgentOptions,
  work: (session: AgentSession) => Promise<Outcome>,
  unfinished = userLanguage().phone.untouched,
): Promise<number> {
  const renderer = chooseRenderer(options.json ?? false);
  const interrupt = stopOnInterrupt(renderer);
  const started = performance.now();
  let opened: OpenedJob | undefined;
  const session: AgentSession = {
    renderer,
    open: async () => {
      opened = await openAgentJob(options, renderer, interrupt.signal);
      return opened.job;
    },
    ask: async (message) => {
      renderer.pause();
      return (await confirm({ message, initialValue: false })) === true;
    },
    end: (outcome, sentence) => {
      renderer.pause();
      if (options.json) renderer.show(emptyReport(outcome, sentence));
      else renderer.say(sentence);
      return outcome;
    },
    endWithFiles: (backup, last) => {
      renderer.pause();
      const seconds = (performance.now() - started) / 1000;
      if (options.json) renderer.show({ ...emptyReport('done', userLanguage().phone.untouched), seconds, backup });
      for (const { name, bytes, sha256 } of options.json ? [] : backup.files) {
        renderer.say(`  ${name}  ${formatBytes(bytes)}  ${sha256}`);
      }
      for (const line of options.json ? [] : last) renderer.say(line);
      return 'done';
    },
  };
  try {
    return exitCodeOf(await work(session));
  } catch (cause) {
    const outcome = interrupt.signal.aborted ? 'stopped' : showError(cause, renderer);
    renderer.pause();
    if (options.json) renderer.show(emptyReport(outcome, unfinished));
    else if (outcome === 'stopped') renderer.say(userLanguage().ending.stopped);
    return exitCodeOf(outcome);
  } finally {
    interrupt.release();
    await opened?.close();
  }
}
