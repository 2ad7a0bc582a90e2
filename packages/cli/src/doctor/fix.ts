import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { UnbrickError } from '@unbrick/core';
import { UDEV_RULE_FILE, UDEV_RULES } from '../ports/udev-rules.js';
import type { System } from './system.js';

/** The text of the udev rule file. */
export function udevRuleText(): string {
  return [
    '# MediaTek phones in download mode: open to whoever sits here, left alone by ModemManager.',
    ...UDEV_RULES,
    '',
  ].join('\n');
}

/**
 * Writes the udev rule and has it take hold; asks for the administrator's password when it must.
 * @throws UnbrickError `FIX_FAILED`
 */
export function writeUdevRule(system: System): void {
  const admin = system.user.root ? [] : ['sudo'];
  if (system.user.root) {
    try {
      writeFileSync(UDEV_RULE_FILE, udevRuleText());
    } catch (cause) {
      throw failed(cause instanceof Error ? cause.message : String(cause));
    }
  } else run([...admin, 'tee', UDEV_RULE_FILE], udevRuleText());
  // Devices that are there already get the rule too.
  run([...admin, 'udevadm', 'control', '--reload']);
  run([...admin, 'udevadm', 'trigger', '--subsystem-match=usb', '--subsystem-match=tty']);
}

function run([program, ...args]: string[], input?: string): void {
  const { status, error } = spawnSync(program as string, args, {
    input,
    stdio: [input === undefined ? 'inherit' : 'pipe', 'ignore', 'inherit'],
  });
  if (error || status !== 0) {
    throw failed(`${program} ${args.join(' ')}: ${error?.message ?? `ended with ${status}`}`);
  }
}

function failed(what: string): UnbrickError {
  return new UnbrickError({
    code: 'FIX_FAILED',
    stage: 'connect',
    message: 'The udev rule could not be put in place.',
    evidence: [what],
    next: [
      `As administrator, write these lines to ${UDEV_RULE_FILE}, then run udevadm control --reload: ${UDEV_RULES.join(' and ')}`,
    ],
  });
}
