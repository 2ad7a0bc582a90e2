import { type AgentJob, type FirmwarePackage, UnbrickError } from '@unbrick/core';
import { type CredentialOptions, openCredentials } from '../files/credentials.js';
import { type DiskFile, openDiskFile } from '../files/disk-file.js';
import { openFirmwarePath } from '../files/firmware-path.js';
import { openPortSource } from '../ports/open-source.js';
import type { Renderer } from '../render/renderer.js';
import { userLanguage } from '../render/user-language.js';
import { openTraceFile, type TraceFile } from '../trace-file.js';
import { askForPhone } from './choose-phone.js';

/** Options of every command that talks to a phone through an agent. */
export interface AgentOptions extends CredentialOptions {
  port: string;
  /** Firmware folder or scatter file to take the agent and the memory settings from. */
  firmware?: string;
  da?: string;
  json?: boolean;
  wait: number;
  trace?: string;
}

/** The parts of a job that the options describe, and what has to be closed after it. */
export interface OpenedJob {
  job: AgentJob;
  close(): Promise<void>;
}

/** @throws UnbrickError stage `usage` for files and ports that are not there */
export async function openAgentJob(options: AgentOptions, renderer: Renderer, stop: AbortSignal): Promise<OpenedJob> {
  const firmware: FirmwarePackage | undefined =
    options.firmware === undefined ? undefined : await openFirmwarePath(options.firmware);
  const agentFile: DiskFile | undefined = options.da === undefined ? undefined : await openDiskFile(options.da);
  const credentials = await openCredentials(options);
  const onNote = (message: string) => renderer.show({ type: 'note', phase: 'connect', message });
  const source = await openPortSource(options.port, {
    onNote,
    ...(nobodyToAsk(options.json) ? {} : { choose: askForPhone(renderer) }),
  });
  const trace: TraceFile | undefined =
    options.trace === undefined ? undefined : await openTraceFile(options.trace, onNote);
  return {
    job: {
      source,
      waitMs: options.wait,
      emit: renderer.show,
      stop,
      credentials,
      wording: userLanguage(),
      ...(firmware ? { firmware } : {}),
      ...(agentFile ? { agentFile } : {}),
      ...(trace ? { trace: trace.sink } : {}),
    },
    close: async () => {
      agentFile?.close();
      await trace?.close();
    },
  };
}

/** There is nobody to answer a question: input or output is no terminal, or the output is for a program. */
export function nobodyToAsk(json: boolean | undefined): boolean {
  return json === true || process.stdin.isTTY !== true || process.stdout.isTTY !== true;
}

/** @throws UnbrickError `NOT_CONFIRMED` when the question that `--yes` answers could not be put to anybody */
export function needSomebodyToAsk(options: { yes?: boolean; dryRun?: boolean; json?: boolean }, look: string): void {
  if (options.yes || options.dryRun || !nobodyToAsk(options.json)) return;
  throw new UnbrickError({
    code: 'NOT_CONFIRMED',
    stage: 'usage',
    message: 'There is nobody to ask whether the plan may be carried out.',
    evidence: ['the input or output is not a terminal, or --json was given'],
    next: [look, 'Then confirm it on the command line: --yes'],
  });
}
