import { type PlannedAnswer, parsePlannedAnswer } from './planned-answers.js';

/**
 * Faults by name, so that every bad day of a user can be rehearsed:
 *
 * - `dram-fail`: DRAM cannot be set up with any memory table (only met when booted from BROM)
 * - `da-rejected`: the signature of every Download Agent is refused, and the phone resets into BROM as real ones do
 * - `sla-required`: serial-link authorisation is demanded; the agent upload answers 0x1D0D
 * - `signed-only`: secured download is on and every image has to be signed: the agent refuses to write and to erase
 * - `disconnect-after=BYTES`: the cable falls out once, after the host has sent so many bytes in this phone's life
 * - `bad-write=PARTITION`: data written there is silently stored wrong (one flipped bit a write)
 * - `write-error=PARTITION`: the memory chip reports an error when that partition is written
 * - `silent`: the phone enumerates and never answers
 * - `agent-silent=TIMES`: the first so many Download Agents hang at once, until the battery is taken out and put back
 * - `battery=MILLIVOLTS`: what the battery shows instead; 0: it was taken out
 * - `battery-untold`: the agents are of builds that do not tell the voltage
 * - `short-window`: the preloader shows itself for 0.6 s only, then stays away for 2 s, again and again
 * - `answers=COMMAND:STATUS`: from its first status on, the command is answered with STATUS, a number or, by XML agents, a
 *   sentence; `answers=COMMAND#3:STATUS`: from its third status on. Can be given several times
 */
export interface FaultPlan {
  dramFail: boolean;
  daRejected: boolean;
  slaRequired: boolean;
  signedOnly: boolean;
  disconnectAfter?: number;
  badWrite?: string;
  writeError?: string;
  silent: boolean;
  agentSilent?: number;
  batteryMillivolts?: number;
  batteryUntold: boolean;
  shortWindow: boolean;
  answers: readonly PlannedAnswer[];
}

export const NO_FAULTS: FaultPlan = {
  dramFail: false,
  daRejected: false,
  slaRequired: false,
  signedOnly: false,
  silent: false,
  batteryUntold: false,
  shortWindow: false,
  answers: [],
};

/** @throws RangeError naming the known faults when the text is not one of them */
export function parseFault(text: string, plan: FaultPlan = NO_FAULTS): FaultPlan {
  const [, name = text, value] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  switch (name) {
    case 'dram-fail':
      return { ...plan, dramFail: true };
    case 'da-rejected':
      return { ...plan, daRejected: true };
    case 'sla-required':
      return { ...plan, slaRequired: true };
    case 'signed-only':
      return { ...plan, signedOnly: true };
    case 'silent':
      return { ...plan, silent: true };
    case 'battery-untold':
      return { ...plan, batteryUntold: true };
    case 'short-window':
      return { ...plan, shortWindow: true };
    case 'disconnect-after': {
      const bytes = Number(value);
      if (!Number.isSafeInteger(bytes) || bytes < 1) throw new RangeError('disconnect-after needs a number of bytes');
      return { ...plan, disconnectAfter: bytes };
    }
    case 'agent-silent': {
      const times = Number(value);
      if (!Number.isSafeInteger(times) || times < 1) throw new RangeError('agent-silent needs a number of times');
      return { ...plan, agentSilent: times };
    }
    case 'battery': {
      if (!/^\d{1,5}$/.test(value ?? '')) throw new RangeError('battery needs millivolts: battery=3400');
      return { ...plan, batteryMillivolts: Number(value) };
    }
    case 'answers':
      return { ...plan, answers: [...plan.answers, parsePlannedAnswer(value ?? '')] };
    case 'bad-write':
    case 'write-error':
      if (!value) throw new RangeError(`${name} needs a partition name: ${name}=system`);
      return name === 'bad-write' ? { ...plan, badWrite: value } : { ...plan, writeError: value };
    default:
      throw new RangeError(
        `unknown fault '${text}'; known: dram-fail, da-rejected, sla-required, signed-only, disconnect-after=BYTES, ` +
          'bad-write=PARTITION, write-error=PARTITION, silent, agent-silent=TIMES, battery=MILLIVOLTS, battery-untold, ' +
          'short-window, answers=COMMAND:STATUS',
      );
  }
}
