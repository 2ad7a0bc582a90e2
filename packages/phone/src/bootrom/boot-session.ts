import { TargetConfigBit } from '@unbrick/core/wire';
import type { PhoneLogEntry } from '../agent/session.js';
import type { Clock } from '../device/clock.js';
import type { HostState } from '../device/host-state.js';
import type { DeviceWire } from '../device/wire.js';
import type { FaultPlan } from '../faults.js';
import { PlannedAnswers } from '../planned-answers.js';
import type { Profile } from '../profiles/profile.js';
import { BootLine } from './boot-line.js';
import { Registers } from './registers.js';

export interface BootSessionParts {
  stage: 'brom' | 'preloader';
  wire: DeviceWire;
  host: HostState;
  profile: Profile;
  faults: FaultPlan;
  clock: Clock;
  /** Listening window, ms; the stage's own unless stated. */
  windowMs?: number;
  log(entry: PhoneLogEntry): void;
}

/** An agent that was uploaded and may be started. */
export interface Upload {
  /** Where the boot stage put it. */
  address: number;
  bytes: Uint8Array;
}

/** What boot ROM or preloader remember from enumeration until they start an agent. */
export class BootSession {
  readonly stage: 'brom' | 'preloader';
  readonly line: BootLine;
  readonly wire: DeviceWire;
  readonly host: HostState;
  readonly windowMs: number | undefined;
  readonly profile: Profile;
  readonly faults: FaultPlan;
  readonly clock: Clock;
  readonly registers: Registers;
  upload: Upload | undefined;
  /** A certificate was accepted. */
  certificate = false;
  /** An auth file was accepted. */
  authFile = false;
  /** The host has proved itself over the serial link. */
  linkAuthorised = false;
  readonly #log: (entry: PhoneLogEntry) => void;

  constructor(parts: BootSessionParts) {
    this.stage = parts.stage;
    this.wire = parts.wire;
    this.host = parts.host;
    this.windowMs = parts.windowMs;
    this.line = new BootLine(parts.wire, new PlannedAnswers(parts.faults));
    this.profile = parts.profile;
    this.faults = parts.faults;
    this.clock = parts.clock;
    this.registers = new Registers(parts.profile);
    this.#log = parts.log;
  }

  get targetConfig(): number {
    const { bootRom, preloader } = this.profile;
    // A preloader fills the three lowest bits only.
    const config = this.stage === 'brom' ? bootRom.targetConfig : preloader.targetConfig & 0x7;
    return (config | (this.faults.slaRequired ? TargetConfigBit.SERIAL_LINK_AUTHORISATION : 0)) >>> 0;
  }

  /**
   * Whether an agent is only taken after the serial link was authorised. Preloaders report the bit of the chip too, but most
   * have no command for it and do not insist.
   */
  get demandsLinkKey(): boolean {
    if (!this.has(TargetConfigBit.SERIAL_LINK_AUTHORISATION)) return false;
    return this.stage === 'brom' || this.faults.slaRequired || this.profile.security?.linkKey !== undefined;
  }

  has(bit: number): boolean {
    return (this.targetConfig & bit) !== 0;
  }

  log(what: string, detail?: Record<string, string | number>): void {
    this.#log({ stage: this.stage, what, writes: false, ...(detail ? { detail } : {}) });
  }
}
