import { type BootMode, type FaultPlan, NO_FAULTS, type Profile, parseFault } from '@unbrick/phone';
import { type Bench, type PluggedIn, plugIn } from '../running-agent.js';
import type { Scenario } from './scenario.js';

/** As `--fault` takes them. */
export const fault = (...texts: string[]): FaultPlan => texts.reduce((plan, text) => parseFault(text, plan), NO_FAULTS);

interface Given extends PluggedIn {
  profile: Profile;
  mode?: BootMode;
  faults?: FaultPlan;
}

/** Plugs a phone in and does something with it; by default, starts its agent. */
export const plugged =
  (
    { profile, mode = 'brom', faults = NO_FAULTS, ...more }: Given,
    work = (bench: Bench): Promise<unknown> => bench.start(),
  ): Scenario =>
  async () => {
    const bench = await plugIn(profile, mode, faults, more);
    try {
      await work(bench);
      return [];
    } finally {
      await bench.close();
    }
  };
