import type { DeviceWire } from '../device/wire.js';
import type { FaultPlan } from '../faults.js';
import type { Profile } from '../profiles/profile.js';
import type { PhoneStorage } from '../storage/phone-storage.js';

/** One thing the phone was asked to do, for the phone's log. */
export interface PhoneLogEntry {
  stage: 'usb' | 'brom' | 'preloader' | 'stage1' | 'stage2';
  /** Command or event name as in the wire facts: `SEND_DA`, `SDMMC_WRITE_DATA`. */
  what: string;
  /** True when the command changes the flash memory. */
  writes: boolean;
  detail?: Record<string, string | number>;
}

/** What boot ROM or preloader hand to the agent they have just started. */
export interface AgentSession {
  wire: DeviceWire;
  profile: Profile;
  storage: PhoneStorage;
  /** Who started the agent: with `brom` the DRAM is not set up yet. */
  bootedBy: 'brom' | 'preloader';
  /** Stage 1 as received, signature included. */
  stage1: Uint8Array;
  faults: FaultPlan;
  log(entry: PhoneLogEntry): void;
}

/**
 * The firmware of an agent. Runs until it throws LeaveBus (reboot, power off) or UnpluggedError.
 * To re-enumerate (high-speed switch) it awaits `session.wire.reEnumerate()` and goes on with the same wire.
 */
export type AgentFirmware = (session: AgentSession) => Promise<never>;
