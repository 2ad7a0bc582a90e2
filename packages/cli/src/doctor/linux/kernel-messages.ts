import type { Finding } from '@unbrick/core';
import { enumerationFailure } from '../../ports/kernel-messages.js';
import { found } from '../finding.js';
import type { System } from '../system.js';

/** Troubles beside a failed enumeration. */
const OTHER_TROUBLES: readonly RegExp[] = [
  /Device not responding to setup address/,
  /over-current (?:condition|change)/,
  /usbfs: .*(?:Cannot allocate memory|interface \d+ claimed by)/,
];
/** Messages that are shown. */
const SHOWN = 6;

/** Failed enumerations in the kernel's log: what Windows calls code 43. */
export async function checkKernelMessages(system: System): Promise<Finding[]> {
  // A user who may not read the journal is given an empty one.
  const log =
    (await system.ask('journalctl', ['-k', '-b', '-q', '--no-pager', '-o', 'short-monotonic', '-n', '2000'])) ||
    (await system.ask('dmesg', []));
  if (!log) {
    return [found('ok', 'KERNEL_LOG', 'The messages of the kernel cannot be read by you.', [], [])];
  }
  return failedEnumerations(log);
}

/** Pure: the findings in a kernel log. */
export function failedEnumerations(log: string): Finding[] {
  const places = new Set<string>();
  const troubles = log.split('\n').filter((line) => {
    const failure = enumerationFailure(line.slice(Math.max(0, line.search(/\busb /))));
    if (failure) places.add(failure.busPath);
    return failure !== undefined || OTHER_TROUBLES.some((pattern) => pattern.test(line));
  });
  if (troubles.length === 0) return [found('ok', 'KERNEL_LOG', 'The kernel has met no USB device that failed.')];
  return [
    found(
      'warning',
      'USB_ENUMERATION_FAILED',
      'The kernel could not talk to a USB device.',
      [
        ...(places.size > 0 ? [`at port ${[...places].join(', ')}`] : []),
        ...troubles.slice(-SHOWN).map((line) => line.trim()),
      ],
      [
        'Use a short data cable known to be good, straight into the computer, best into a USB 2.0 port.',
        'Charge the phone for 30 minutes: a phone with an empty battery restarts while it is being greeted.',
        'Look into the socket of the phone with a light: lint and corrosion do this.',
      ],
    ),
  ];
}
