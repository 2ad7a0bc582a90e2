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

/** States that always have the same advice: the message of that name. */
export type PlainState = Exclude<ConnectionState, 'nothing' | 'port-held'>;

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
