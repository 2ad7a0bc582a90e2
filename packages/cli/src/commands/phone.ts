import { closeSync, openSync, writeSync } from 'node:fs';
import { UnbrickError } from '@unbrick/core';
import { type FaultPlan, listProfiles, NO_FAULTS, ProfileError, parseFault, profileText } from '@unbrick/phone';
import { openPhone, servePhone } from '@unbrick/phone/node';
import { ExitCode, exitCodeOf } from '../exit-codes.js';
import { makeFolder } from '../files/make-folder.js';
import { chooseRenderer, showError } from './session.js';

export interface PhoneOptions {
  profile?: string;
  mode: 'preloader' | 'brom';
  state?: string;
  tcp: string;
  linkRate?: number;
  fault?: string[];
  log?: string;
  list?: boolean;
  print?: boolean;
}

/** `unbrick phone`: serves a virtual phone on TCP until Ctrl-C. */
export async function phoneCommand(options: PhoneOptions): Promise<number> {
  const renderer = chooseRenderer(false);
  if (options.list) {
    for (const name of listProfiles()) renderer.say(name);
    return ExitCode.DONE;
  }
  try {
    const profile = options.profile;
    if (profile === undefined)
      throw usage('A profile is needed.', `--profile NAME, with one of: ${listProfiles().join(', ')}`);
    if (options.print) {
      process.stdout.write(profileText(profile));
      return ExitCode.DONE;
    }
    const { host, port } = parseAddress(options.tcp);
    const log = options.log === undefined ? undefined : openSync(options.log, 'a');
    if (options.state !== undefined) await makeFolder(options.state);
    const phone = await openPhone({
      profile,
      mode: options.mode,
      faults: parseFaults(options.fault ?? []),
      ...(options.state === undefined ? {} : { stateDir: options.state }),
      ...(options.linkRate === undefined ? {} : { linkRate: options.linkRate }),
      ...(log === undefined ? {} : { onLog: (entry) => writeSync(log, `${JSON.stringify(entry)}\n`) }),
    });
    const server = await servePhone(phone, { host, port });
    renderer.say(
      `A virtual ${profile} phone is plugged in at tcp:${server.address}:${server.port} (${options.mode} mode).`,
    );
    renderer.say('Ctrl-C takes it away.');
    await interrupted();
    await server.close();
    await phone.close();
    if (log !== undefined) closeSync(log);
    return ExitCode.DONE;
  } catch (cause) {
    return exitCodeOf(
      showError(
        cause instanceof ProfileError
          ? usage(cause.message, '--list shows the profiles; docs/virtual-phone.md tells how to write one')
          : cause,
        renderer,
      ),
    );
  }
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}

function parseAddress(text: string): { host: string; port: number } {
  const match = /^(.*):(\d+)$/.exec(text);
  const port = Number(match?.[2]);
  if (!match || port > 65_535)
    throw usage(`'${text}' is no address.`, '--tcp HOST:PORT, for example --tcp 127.0.0.1:7001');
  return { host: match[1] || '127.0.0.1', port };
}

function parseFaults(texts: readonly string[]): FaultPlan {
  try {
    return texts.reduce((plan, text) => parseFault(text, plan), NO_FAULTS);
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause), '--fault NAME or --fault NAME=VALUE');
  }
}

function usage(message: string, next: string): UnbrickError {
  return new UnbrickError({ code: 'USAGE', stage: 'usage', message, next: [next] });
}
