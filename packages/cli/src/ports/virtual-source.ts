import { type PortSource, UnbrickError } from '@unbrick/core';
import { NO_FAULTS, parseFault } from '@unbrick/phone';
import { openPhone } from '@unbrick/phone/node';
import type { PortSpec } from './parse-port.js';

/**
 * A virtual phone in this process, new each time and forgotten afterwards.
 * @throws UnbrickError `PORT_NAME_INVALID` (stage `usage`) when there is no such profile, mode or fault
 */
export async function virtualSource(spec: Extract<PortSpec, { kind: 'virtual' }>): Promise<PortSource> {
  try {
    const phone = await openPhone({
      profile: spec.profile,
      ...(spec.mode === undefined ? {} : { mode: spec.mode }),
      faults: spec.faults.reduce((plan, fault) => parseFault(fault, plan), NO_FAULTS),
      ...(spec.linkRate === undefined ? {} : { linkRate: spec.linkRate }),
    });
    return phone.portSource();
  } catch (cause) {
    if (cause instanceof UnbrickError) throw cause;
    throw new UnbrickError({
      code: 'PORT_NAME_INVALID',
      stage: 'usage',
      message: `There is no such virtual phone: ${cause instanceof Error ? cause.message : String(cause)}.`,
      next: ['unbrick phone --list shows the profiles.', 'A phone to practise on: --port virtual:mt6735-emmc'],
      cause,
    });
  }
}
