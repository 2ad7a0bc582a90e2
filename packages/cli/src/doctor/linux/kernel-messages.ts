import type { Finding } from '@unbrick/core';
import { found } from '../finding.js';
import type { System } from '../system.js';

interface Sign {
  pattern: RegExp;
  /** What the kernel complains of, in plain words. */
  means: string;
}

const SIGNS: readonly Sign[] = [
  { pattern: /device descriptor read\/\S+, error (-\d+)/, means: 'a device could not even tell its name' },
  { pattern: /device not accepting address/, means: 'a device did not take the address it was given' },
  { pattern: /unable to enumerate USB device/, means: 'a device was given up' },
  { pattern: /Device not responding to setup address/, means: 'a device did not answer' },
  { pattern: /Cannot enable\. Maybe the USB cable is bad/, means: 'the port could not be switched on' },
  { pattern: /over-current (?:condition|change)/, means: 'a device drew too much current' },
  {
    pattern: /usbfs: .*(?:Cannot allocate memory|interface \d+ claimed by)/,
    means: 'a program could not get the device',
  },
];
const PLACE = /\busb (\d+-[\d.]+|usb\d+)(?:-port\d+)?:/;
/** Messages of one sign that are shown. */
const SHOWN = 3;

/** Failed enumerations in the kernel's log: what Windows calls code 43. */
export async function checkKernelMessages(system: System): Promise<Finding[]> {
  const log =
    (await system.ask('journalctl', ['-k', '-b', '--no-pager', '-o', 'short-monotonic', '-n', '2000'])) ??
    (await system.ask('dmesg', []));
  if (log === undefined) {
    return [found('ok', 'KERNEL_LOG', 'The messages of the kernel cannot be read by you.', [], [])];
  }
  return failedEnumerations(log);
}

/** Pure: the findings in a kernel log. */
export function failedEnumerations(log: string): Finding[] {
  const lines = log.split('\n').filter((line) => /usb|hub/i.test(line));
  const troubles = SIGNS.flatMap(({ pattern, means }) => {
    const matching = lines.filter((line) => pattern.test(line));
    return matching.length > 0 ? [{ means, matching }] : [];
  });
  if (troubles.length === 0) return [found('ok', 'KERNEL_LOG', 'The kernel has met no USB device that failed.')];
  const places = new Set(
    troubles.flatMap(({ matching }) => matching.map((line) => PLACE.exec(line)?.[1] ?? 'unknown')),
  );
  return [
    found(
      'warning',
      'USB_ENUMERATION_FAILED',
      `The kernel could not talk to a USB device (${troubles.map(({ means }) => means).join('; ')}).`,
      [
        `at port ${[...places].join(', ')}`,
        ...troubles.flatMap(({ matching }) => matching.slice(-SHOWN).map((line) => line.trim())),
      ],
      [
        'Use a short data cable known to be good, straight into the computer, best into a USB 2.0 port.',
        'Charge the phone for 30 minutes: a phone with an empty battery restarts while it is being greeted.',
        'Look into the socket of the phone with a light: lint and corrosion do this.',
      ],
    ),
  ];
}
