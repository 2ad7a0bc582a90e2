import { arch, release, version as systemVersion } from 'node:os';
import type { Finding } from '@unbrick/core';
import { anonymise } from '../doctor/anonymise.js';
import { examine } from '../doctor/examine.js';
import { udevRuleText, writeUdevRule } from '../doctor/fix.js';
import { udevRule } from '../doctor/linux/permissions.js';
import { type System, thisSystem } from '../doctor/system.js';
import { ExitCode, exitCodeOf } from '../exit-codes.js';
import { UDEV_RULE_FILE } from '../ports/udev-rules.js';
import { eventLines } from '../render/lines.js';
import type { Renderer } from '../render/renderer.js';
import { PLAIN } from '../render/style.js';
import { chooseRenderer, showError } from './session.js';

export interface DoctorOptions {
  fix?: boolean;
  yes?: boolean;
  report?: boolean;
  json?: boolean;
}

/** `unbrick doctor`: what on this computer keeps phones from being reached. */
export async function doctorCommand(options: DoctorOptions): Promise<number> {
  const renderer = chooseRenderer(options.json ?? false);
  const system = thisSystem();
  try {
    const findings = await examine(system);
    if (options.report) process.stdout.write(report(findings, system));
    else for (const finding of findings) renderer.show({ type: 'finding', ...finding });
    if (options.fix) await fix(system, renderer, options.yes ?? false);
    return findings.some((finding) => finding.severity === 'blocker') ? ExitCode.BLOCKED : ExitCode.DONE;
  } catch (cause) {
    return exitCodeOf(showError(cause, renderer));
  }
}

async function fix(system: System, renderer: Renderer, yes: boolean): Promise<void> {
  if (system.platform !== 'linux') {
    renderer.say('There is nothing to fix by program on this system; the findings say what to do by hand.');
    return;
  }
  if (udevRule(system) === UDEV_RULE_FILE) {
    renderer.say(`${UDEV_RULE_FILE} is in place already.`);
    return;
  }
  renderer.say(`This would be written to ${UDEV_RULE_FILE}:\n\n${udevRuleText()}`);
  if (!yes) {
    const { confirm, isCancel } = await import('@clack/prompts');
    const answer = process.stdin.isTTY ? await confirm({ message: 'Write it now?', initialValue: true }) : false;
    if (isCancel(answer) || !answer) {
      renderer.say('Nothing was changed.');
      return;
    }
  }
  writeUdevRule(system);
  renderer.say('The rule is in place. Unplug the phone and plug it in again.');
}

/** The findings as text to send to somebody, without what tells who you are. */
function report(findings: readonly Finding[], system: System): string {
  const lines = [
    `unbrick doctor on ${system.platform} ${release()} ${arch()}, Node ${process.version}`,
    systemVersion(),
    ...findings.flatMap((finding) => eventLines({ type: 'finding', ...finding }, PLAIN)),
    // An all-clear has its evidence too, which the screen leaves out.
    ...findings
      .filter(({ severity }) => severity === 'ok')
      .flatMap(({ code, evidence }) => evidence.map((each) => `    ${code}: ${each}`)),
  ];
  return `${anonymise(lines.join('\n'), system)}\n`;
}
