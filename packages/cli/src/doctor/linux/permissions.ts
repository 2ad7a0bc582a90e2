import type { Finding } from '@unbrick/core';
import { UDEV_RULE_FILE } from '../../ports/udev-rules.js';
import { found } from '../finding.js';
import type { System } from '../system.js';
import type { LinuxUsbDevice } from './usb-tree.js';

const RULE_FOLDERS = [
  '/etc/udev/rules.d',
  '/run/udev/rules.d',
  '/usr/local/lib/udev/rules.d',
  '/usr/lib/udev/rules.d',
  '/lib/udev/rules.d',
];
/** Groups that distributions give serial devices to. */
const SERIAL_GROUPS = ['dialout', 'uucp', 'plugdev', 'tty'];
const FIX = 'Let this program write the rule: unbrick doctor --fix, then plug the phone in again.';

/** May this user open phones: the ones that are there, or any that comes. */
export async function checkPermissions(system: System, phones: readonly LinuxUsbDevice[]): Promise<Finding[]> {
  if (system.user.root) return [found('ok', 'PERMISSION', 'You are root and may open every port.')];
  const rule = udevRule(system);
  const nodes = phones.flatMap((phone) => [...phone.serial, phone.node]);
  const closed = nodes.filter((node) => system.mayOpen(node) === false);
  if (closed.length > 0) {
    const evidence = closed.map((node) => `${node} may not be opened by ${system.user.name}`);
    if (rule) evidence.push(`${rule} is there, but does not reach this device yet`);
    return [
      found('blocker', 'PORT_PERMISSION', 'You may not open the port of the phone.', evidence, [
        rule ? 'Unplug the phone and plug it in again, so that the rule takes hold.' : FIX,
        'Add yourself to the group of serial devices and log in again: sudo usermod -aG dialout "$USER" (Arch: uucp)',
      ]),
    ];
  }
  if (rule) return [found('ok', 'PERMISSION', 'A udev rule opens MediaTek phones to you.', [rule])];
  if (nodes.length > 0) return [found('ok', 'PERMISSION', 'You may open the port of the phone.', nodes)];
  const groups = (await system.ask('id', ['-nG']))?.trim().split(/\s+/) ?? [];
  const serial = groups.filter((group) => SERIAL_GROUPS.includes(group));
  if (serial.some((group) => group !== 'plugdev')) {
    return [
      found('ok', 'PERMISSION', `As a member of ${serial.join(' and ')} you may open serial ports.`, [
        'there is no udev rule for MediaTek phones, so raw USB needs one',
      ]),
    ];
  }
  return [
    found(
      'warning',
      'UDEV_RULE_MISSING',
      'You will probably not be allowed to open the phone when it comes.',
      [`no udev rule names MediaTek (0e8d) in ${RULE_FOLDERS.join(', ')}`, `groups: ${groups.join(' ') || 'unknown'}`],
      [FIX],
    ),
  ];
}

/** The file with a udev rule that gives somebody access to MediaTek devices, its own first. */
export function udevRule(system: System): string | undefined {
  const own = system.read(UDEV_RULE_FILE);
  if (own !== undefined && opensMediatek(own)) return UDEV_RULE_FILE;
  for (const folder of RULE_FOLDERS) {
    for (const name of system.list(folder).filter((each) => each.endsWith('.rules'))) {
      if (opensMediatek(system.read(`${folder}/${name}`) ?? '')) return `${folder}/${name}`;
    }
  }
  return undefined;
}

function opensMediatek(rules: string): boolean {
  return rules
    .split('\n')
    .some((line) => !/^\s*#/.test(line) && /0e8d/i.test(line) && /uaccess|MODE\s*:?=|GROUP\s*:?=/.test(line));
}
