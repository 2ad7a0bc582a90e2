import type { AgentSession } from './session.js';

const HEALTHY_MILLIVOLTS = 3900;

/** What the contacts of the battery show, millivolts; 0 when none is fitted. */
export function batteryMillivolts({ profile, faults }: Pick<AgentSession, 'profile' | 'faults'>): number {
  return faults.batteryMillivolts ?? profile.batteryMillivolts ?? HEALTHY_MILLIVOLTS;
}
