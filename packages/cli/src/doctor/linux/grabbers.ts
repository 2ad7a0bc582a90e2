import type { Finding } from '@unbrick/core';
import { found } from '../finding.js';
import type { System } from '../system.js';
import { udevRule } from './permissions.js';

interface Grabber {
  /** Name of the process, as the kernel cuts it: 15 characters. */
  process: string;
  name: string;
  does: string;
  stop: string;
}

/** Programs that open every new serial or USB device and send it something, in the very seconds in which a phone listens. */
const GRABBERS: readonly Grabber[] = [
  {
    process: 'ModemManager',
    name: 'ModemManager',
    does: 'opens every new serial port and talks to it as to a modem',
    stop: 'For this job: sudo systemctl stop ModemManager',
  },
  {
    process: 'brltty',
    name: 'brltty',
    does: 'takes USB serial devices that it believes to be braille displays',
    stop: 'If you need no braille display: sudo systemctl stop brltty-udev brltty; or remove the package brltty',
  },
  {
    process: 'adb',
    name: 'the adb server',
    does: 'opens Android devices as they appear',
    stop: 'adb kill-server',
  },
  {
    process: 'fwupd',
    name: 'fwupd',
    does: 'looks into new USB devices for firmware of its own',
    stop: 'Only if the phone vanishes at once: sudo systemctl stop fwupd',
  },
];
/** Of these only the first two are known to break jobs; the others are worth a word when something does break. */
const HARMFUL = new Set(['ModemManager', 'brltty']);

/** Programs that are running and may snatch the phone. */
export function checkGrabbers(system: System): Finding[] {
  const running = runningProcesses(system);
  const kept = keepsModemManagerAway(system);
  const findings = GRABBERS.filter(({ process }) => running.has(process)).map((grabber) => {
    const tame = !HARMFUL.has(grabber.process) || (grabber.process === 'ModemManager' && kept !== undefined);
    const evidence = [`process ${grabber.process} (${running.get(grabber.process)}) is running`];
    if (grabber.process === 'ModemManager' && kept) evidence.push(`${kept} keeps it away from MediaTek phones`);
    return tame
      ? found('ok', 'PORT_GRABBER', `${grabber.name} is running, which does no harm to a phone as it is.`, evidence)
      : found('warning', 'PORT_GRABBER', `${grabber.name} is running: it ${grabber.does}.`, evidence, [
          grabber.stop,
          'Let this program write a rule that keeps ModemManager away for good: unbrick doctor --fix',
        ]);
  });
  return findings.length > 0 ? findings : [found('ok', 'PORT_GRABBER', 'No program is running that grabs new ports.')];
}

function runningProcesses(system: System): Map<string, string> {
  const running = new Map<string, string>();
  for (const pid of system.list('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const name = system.read(`/proc/${pid}/comm`)?.trim();
    if (name) running.set(name, pid);
  }
  return running;
}

/** The rule file that tells ModemManager to leave MediaTek devices alone. */
function keepsModemManagerAway(system: System): string | undefined {
  const rule = udevRule(system);
  return rule !== undefined && /0e8d[^\n]*ID_MM_DEVICE_IGNORE/i.test(system.read(rule) ?? '') ? rule : undefined;
}
