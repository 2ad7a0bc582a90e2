import type { DeviceKind } from './device-kind.js';

/** What a wait for a phone is at. Stable, for scripts. */
export type ConnectionState =
  | 'nothing'
  | 'seen'
  | 'connected'
  | 'port-held'
  | 'port-forbidden'
  | 'port-failed'
  | 'ready-unanswered'
  | 'echo'
  | 'garbage'
  | 'silent'
  | 'missed'
  | 'boot-loop'
  | 'keys-released'
  | 'brom-restarts'
  | 'agent-running'
  | 'fastboot'
  | 'meta'
  | 'phone-on'
  | 'went-off'
  | 'unreadable';

/** States that always have the same advice. */
export type PlainState = Exclude<ConnectionState, 'nothing' | 'port-held'>;

/** What to do about it. */
export const ADVICE: Record<PlainState, string> = {
  seen: 'Leave everything as it is; a key that is held stays held.',
  connected: 'Leave the cable in until the job is done.',
  'port-forbidden':
    'You may not open the port. Linux: run `unbrick doctor`, which shows the udev rule that is missing, then plug in again.',
  'port-failed': 'Unplug, wait for five seconds and plug in again; then try another USB port.',
  'ready-unanswered': 'The preloader speaks but does not listen. Unplug, hold Power for 15 seconds, plug in again.',
  echo: 'This port only repeats what it is sent: it is not the phone. Name the right one with --port.',
  garbage:
    'Something else is running. Close other flash tools, hold Power for 15 seconds until the phone is off, plug in again.',
  silent:
    'It does not answer. Unplug, take the battery out and put it back (or hold Power for 20 seconds), plug in again.',
  missed: 'It went on booting. Switch it off, wait until it is dark, plug in again; the window is two seconds.',
  'boot-loop': 'The phone restarts again and again. Leave it plugged in: one of its appearances will do.',
  'keys-released':
    'The boot ROM let go. Unplug, hold the same key again, plug in, and keep holding until the job goes on.',
  'brom-restarts': 'The boot ROM comes back by itself every few seconds. Leave it plugged in.',
  'agent-running':
    'An earlier job has left it like this. Hold Power for 15 to 20 seconds (or battery out), then plug in again.',
  fastboot: 'Leave fastboot: hold Power for 15 seconds until the phone is off, then plug in. Press no key.',
  meta: 'Leave META mode: hold Power for 15 seconds until the phone is off, then plug in. Press no key.',
  'phone-on': 'The phone is running. Unplug it, switch it off, wait until it is dark, then plug in. Press no key.',
  'went-off': 'Wait until the phone is off and dark, then plug in now. Press no key.',
  unreadable:
    'The computer cannot read the phone. Another cable and another USB port (USB 2.0, no hub); then charge it for half an hour.',
};

/** State of a phone that has booted, or of an agent. */
export const STATE_OF_KIND: Record<Exclude<DeviceKind, 'brom' | 'preloader'>, PlainState> = {
  agent: 'agent-running',
  meta: 'meta',
  fastboot: 'fastboot',
  adb: 'phone-on',
  mtp: 'phone-on',
  charging: 'phone-on',
  debug: 'phone-on',
  unreadable: 'unreadable',
};
