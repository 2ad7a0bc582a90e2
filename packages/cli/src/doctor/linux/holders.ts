import type { Finding } from '@unbrick/core';
import { found } from '../finding.js';
import type { System } from '../system.js';
import type { LinuxUsbDevice } from './usb-tree.js';

/** A process that has a device file open. */
export interface Holder {
  pid: string;
  name: string;
  path: string;
}

/** Who has one of these device files open, as far as this user may see: of other users' processes only root sees it. */
export function holdersOf(system: System, paths: readonly string[]): Holder[] {
  const wanted = new Set(paths);
  return system
    .list('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      const open = system.list(`/proc/${pid}/fd`).map((fd) => system.link(`/proc/${pid}/fd/${fd}`));
      return [...new Set(open)]
        .filter((path): path is string => path !== undefined && wanted.has(path))
        .map((path) => ({ pid, name: system.read(`/proc/${pid}/comm`)?.trim() ?? 'unknown', path }));
    });
}

/** Programs that hold the port of a phone at this moment. */
export function checkHolders(system: System, phones: readonly LinuxUsbDevice[]): Finding[] {
  const holders = holdersOf(
    system,
    phones.flatMap((phone) => [...phone.serial, phone.node]),
  ).filter((holder) => holder.pid !== String(process.pid));
  return holders.map(({ pid, name, path }) =>
    found(
      'blocker',
      'PORT_BUSY',
      `${name} holds the port of the phone.`,
      [`process ${pid} has ${path} open`],
      [
        `End it: close ${name}, or kill ${pid}`,
        ...(name === 'ModemManager' ? ['Keep it away for good: unbrick doctor --fix'] : []),
      ],
    ),
  );
}
