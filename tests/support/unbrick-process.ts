import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { JobEvent, ReportEvent } from '@unbrick/core';

const LAUNCHER = fileURLToPath(new URL('../../packages/cli/bin/unbrick.js', import.meta.url));

const NO_STATE = join(tmpdir(), `unbrick-no-state-${process.pid}`);

/** How one run of the command line ended. */
export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Highest resident memory seen, bytes; 0 where the system does not tell. */
}

/** Runs the built command line to its end. */
export async function unbrick(
  args: string[],
  options: { onStart?: (child: ChildProcess) => void; stateDir?: string } = {},
): Promise<Finished> {
  // What the person at this computer has left unfinished is none of a test's business.
  const env = { ...process.env, UNBRICK_STATE_DIR: options.stateDir ?? NO_STATE };
  const child = spawn(process.execPath, [LAUNCHER, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  options.onStart?.(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

/** The events of a run with `--json`; fails when a line is no JSON object or the last is no report. */
export function eventsOf(finished: Finished): { events: JobEvent[]; report: ReportEvent } {
  const events = finished.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as JobEvent);
  const report = events.at(-1);
  if (report?.type !== 'report') throw new Error(`the last line is no report:\n${finished.stdout}\n${finished.stderr}`);
  return { events, report };
}

/** A virtual phone in a process of its own. */
export interface PhoneProcess {
  /** `tcp:127.0.0.1:PORT` */
  port: string;
  stop(): Promise<void>;
}

export async function startPhone(args: string[]): Promise<PhoneProcess> {
  const child = spawn(process.execPath, [LAUNCHER, 'phone', '--tcp', '127.0.0.1:0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const port = await new Promise<string>((resolve, reject) => {
    let seen = '';
    createInterface({ input: child.stdout }).on('line', (line) => {
      seen += `${line}\n`;
      const address = /(tcp:[\d.]+:\d+)/.exec(line)?.[1];
      if (address) resolve(address);
    });
    void closed.then(() => reject(new Error(`the phone ended at once:\n${seen}${errors}`)));
  });
  return {
    port,
    stop: async () => {
      child.kill('SIGINT');
      await closed;
    },
  };
}
