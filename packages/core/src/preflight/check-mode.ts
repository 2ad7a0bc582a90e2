import type { DeviceIdentity } from '../bootrom/identity.js';
import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import type { Finding } from './finding.js';

/** In which mode the phone was caught, and what that means for this job. Pure. */
export function checkMode(facts: FirmwareFacts, identity: DeviceIdentity): Finding[] {
  if (identity.stage !== 'brom') return [];
  return [
    {
      severity: 'ok',
      code: 'MODE_BROM',
      message: facts.preloader?.emi
        ? 'The phone is in BROM mode; its RAM is started with the memory settings of the firmware’s preloader.'
        : 'The phone is in BROM mode.',
      evidence: ['its preloader did not run: a volume key was held, or there is none that starts'],
      next: [],
    },
  ];
}
