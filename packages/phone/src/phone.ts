import type { Port, PortSource } from '@unbrick/core';
import { USB_VENDOR_MEDIATEK, UsbProduct } from '@unbrick/core/wire';
import type { AgentFirmware, PhoneLogEntry } from './agent/session.js';
import { agentFirmware } from './agent/start-agent.js';
import { birth } from './birth/birth.js';
import { looksBootable } from './birth/boot-area.js';
import { BootSession } from './bootrom/boot-session.js';
import { bootRom } from './bootrom/brom.js';
import { preloader } from './bootrom/preloader.js';
import { type Clock, pause, REAL_CLOCK } from './device/clock.js';
import { type HostState, PLAIN_HOST } from './device/host-state.js';
import type { PhonePort } from './device/phone-port.js';
import { PhoneWire } from './device/phone-wire.js';
import { hang, LeaveBus, UnpluggedError } from './device/wire.js';
import { type FaultPlan, NO_FAULTS } from './faults.js';
import { NandChip } from './nand/nand-chip.js';
import { AnsweredAsPlanned, checkPlannedAnswers } from './planned-answers.js';
import type { Profile } from './profiles/profile.js';
import { extentsOf } from './profiles/profiles.js';
import { storageLayout } from './profiles/storage-layout.js';
import { FaultyStorage } from './storage/faulty-storage.js';
import type { PhoneStorage } from './storage/phone-storage.js';

export type BootMode = 'preloader' | 'brom';

export interface VirtualPhoneOptions {
  profile: Profile;
  /** What it shows when it is plugged in; the profile's first mode unless stated. */
  mode?: BootMode;
  /** Its flash memory; the phone closes it. */
  storage: PhoneStorage;
  faults?: FaultPlan;
  /** Bytes a second in each direction; as fast as it goes unless stated. */
  linkRate?: number;
  /** Sees everything the phone is asked to do. */
  onLog?: (entry: PhoneLogEntry) => void;
  /** How long the phone stays away before it is plugged in again, ms. */
  replugMs?: number;
  /** How long boot ROM or preloader show themselves to a silent host, ms; as boot ROMs and the profile have it unless stated. */
  windowMs?: number;
  clock?: Clock;
  /** Gives the storage its factory content first; when not stated, only a storage that was never written gets it. */
  newborn?: boolean;
  /** Stands for this one phone: calibration data depend on it. The profile's name unless stated. */
  seed?: string;
  /** Replaces the agents' firmware. */
  agent?: AgentFirmware;
}

const REPLUG_MS = 1000;
/** `short-window`: how long the preloader stays away. */
const SHORT_WINDOW_AWAY_MS = 2000;
/** A reset into the boot ROM or a change of USB speed takes the phone off the bus this long. */
const RESET_MS = 100;
/** A program that does not notice the missing cable in this time is switched off with the phone, ms. */
const LAST_BREATH_MS = 500;
/** Enough of a boot area to see whether something can be started from it. */
const BOOT_HEAD = 4096;

interface PowerCycle {
  wire: PhoneWire;
  port: PhonePort;
  /** The phone has left the bus and comes back with the same program running. */
  comeback?: { productId: number; opened: () => void; never: (cause: Error) => void };
  over: Promise<void>;
}

/**
 * A phone: boot ROM, preloader, agents and flash memory behind a cable. It shows itself when a host is there to see it,
 * and after each life on the bus it comes back, as if its user had plugged it in again.
 */
export class VirtualPhone {
  readonly profile: Profile;
  readonly mode: BootMode;
  readonly #options: VirtualPhoneOptions;
  readonly #storage: PhoneStorage;
  readonly #faults: FaultPlan;
  readonly #clock: Clock;
  readonly #fuse: { left: number };
  /** Agents that will hang when they are started. */
  #silentAgents: number;
  readonly #closing = new AbortController();
  #born: Promise<void> | undefined;
  #cycle: PowerCycle | undefined;
  /** A host is being connected. */
  #plugging = false;
  /** Boot stage of the next life when it is not the usual one. */
  #nextStage: BootMode | undefined;
  #onBusAt = Number.NEGATIVE_INFINITY;
  #waiting: (() => void)[] = [];

  /** @throws RangeError when the mode or a fault does not fit the phone */
  constructor(options: VirtualPhoneOptions) {
    const { profile, faults = NO_FAULTS } = options;
    this.#options = options;
    this.profile = profile;
    this.mode = options.mode ?? (profile.modes[0] as BootMode);
    if (!profile.modes.includes(this.mode)) {
      throw new RangeError(`${profile.name} has no mode ${this.mode}; it has ${profile.modes.join(', ')}`);
    }
    checkPlannedAnswers(faults.answers, profile);
    this.#faults = faults;
    this.#clock = options.clock ?? REAL_CLOCK;
    this.#fuse = { left: faults.disconnectAfter ?? Number.POSITIVE_INFINITY };
    this.#silentAgents = faults.agentSilent ?? 0;
    this.#storage = withFaults(options.storage, profile, faults);
  }

  /** Resolves when the flash memory has its factory content. */
  ready(): Promise<void> {
    const { storage, newborn = storage.fresh ?? false, profile, seed } = this.#options;
    this.#born ??= newborn ? birth(storage, profile, seed) : Promise.resolve();
    return this.#born;
  }

  /**
   * Waits until the phone is on the bus and nobody else has it, and opens it. Each port is one enumeration: when the
   * phone leaves the bus its `receive` gives null, and the next attach finds the phone's next life.
   * `host` tells how far a USB host has got. Rejects with the signal's reason when aborted.
   */
  async attach(signal?: AbortSignal, host: HostState = PLAIN_HOST): Promise<PhonePort> {
    const stop = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    stop.throwIfAborted();
    await this.ready();
    for (;;) {
      stop.throwIfAborted();
      const free = !this.#plugging && (!this.#cycle || this.#cycle.comeback);
      const wait = this.#onBusAt - this.#clock.now();
      if (free && wait <= 0) break;
      if (free) await pause(this.#clock, wait, stop);
      else await this.#changed(stop);
    }
    this.#plugging = true;
    try {
      return this.#cycle ? this.#plugBackIn(this.#cycle) : await this.#powerUp(host);
    } finally {
      this.#plugging = false;
      this.#notify();
    }
  }

  /** For a host in the same process. */
  portSource(): PortSource {
    return {
      name: `virtual:${this.profile.name}`,
      open: (signal: AbortSignal): Promise<Port> => this.attach(signal),
    };
  }

  /** True while a host has the phone open. */
  get inUse(): boolean {
    return this.#plugging || (this.#cycle !== undefined && !this.#cycle.port.closed && !this.#cycle.comeback);
  }

  /** Pulls the cable, switches the phone off and closes its storage. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new Error('the virtual phone was closed'));
    const cycle = this.#cycle;
    cycle?.comeback?.never(new UnpluggedError('the virtual phone was closed'));
    await cycle?.port.close();
    if (cycle) await Promise.race([cycle.over, pause(REAL_CLOCK, LAST_BREATH_MS)]);
    await this.#born?.catch(() => {});
    await this.#storage.close();
  }

  async #powerUp(host: HostState): Promise<PhonePort> {
    const stage = this.#nextStage ?? (await this.#usualStage());
    this.#nextStage = undefined;
    const wire = new PhoneWire({
      clock: this.#clock,
      ...(this.#options.linkRate === undefined ? {} : { linkRate: this.#options.linkRate }),
      fuse: this.#fuse,
      onHostGone: () => this.#notify(),
      onReEnumerate: (productId) => this.#comeBack(productId),
    });
    const port = this.#enumerate(wire, stage === 'brom' ? UsbProduct.BROM : UsbProduct.PRELOADER);
    const cycle: PowerCycle = { wire, port, over: Promise.resolve() };
    this.#cycle = cycle;
    cycle.over = this.#live(wire, stage, host);
    return port;
  }

  /** A preloader that is not there any more cannot start: the boot ROM stays and waits for a host. */
  async #usualStage(): Promise<BootMode> {
    if (this.mode === 'brom') return 'brom';
    if (this.profile.storage.kind === 'nand') {
      const { data } = await new NandChip(this.#storage, this.profile).readPages(0, 2);
      return looksBootable(data) ? 'preloader' : 'brom';
    }
    for (const region of storageLayout(this.profile.storage.kind).boot) {
      const size = this.#storage.regions.get(region);
      if (size && looksBootable(await this.#storage.read(region, 0, Math.min(size, BOOT_HEAD)))) return 'preloader';
    }
    return 'brom';
  }

  #enumerate(wire: PhoneWire, productId: number): PhonePort {
    this.#log({ stage: 'usb', what: 'ENUMERATE', writes: false, detail: { productId } });
    return wire.plug(`virtual:${this.profile.name}`, { vendorId: USB_VENDOR_MEDIATEK, productId });
  }

  async #live(wire: PhoneWire, stage: BootMode, host: HostState): Promise<void> {
    let next: LeaveBus['to'] | 'unplugged' = 'boot';
    try {
      await this.#run(wire, stage, host);
    } catch (cause) {
      if (cause instanceof LeaveBus) next = cause.to;
      else if (cause instanceof UnpluggedError) next = 'unplugged';
      else {
        const message = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
        this.#log({ stage: 'usb', what: 'CRASH', writes: false, detail: { message } });
      }
    }
    wire.drop();
    this.#log({ stage: 'usb', what: 'LEAVE', writes: false, detail: { next } });
    this.#cycle = undefined;
    if (next === 'brom' && this.profile.modes.includes('brom')) this.#nextStage = 'brom';
    this.#onBusAt = this.#clock.now() + this.#awayMs(next);
    this.#notify();
  }

  #awayMs(next: LeaveBus['to'] | 'unplugged'): number {
    const replug = this.#options.replugMs ?? REPLUG_MS;
    if (next === 'brom') return Math.min(RESET_MS, replug);
    return this.#faults.shortWindow ? Math.max(SHORT_WINDOW_AWAY_MS, replug) : replug;
  }

  async #run(wire: PhoneWire, stage: BootMode, host: HostState): Promise<never> {
    const { profile } = this;
    const faults = this.#faults;
    const log = (entry: PhoneLogEntry) => this.#log(entry);
    if (faults.silent) return hang(wire);
    const { windowMs } = this.#options;
    const session = new BootSession({
      stage,
      wire,
      host,
      profile,
      faults,
      clock: this.#clock,
      log,
      ...(windowMs === undefined ? {} : { windowMs }),
    });
    const stage1 = stage === 'brom' ? await bootRom(session) : await preloader(session);
    host.agentStarts();
    if (this.#silentAgents > 0) {
      this.#silentAgents--;
      return hang(wire);
    }
    const firmware = this.#options.agent ?? agentFirmware(profile.agent.generation);
    try {
      return await firmware({ wire, profile, storage: this.#storage, bootedBy: stage, stage1, faults, log });
    } catch (cause) {
      // Planned before there was a command loop to go back to: such agents halt.
      if (cause instanceof AnsweredAsPlanned) return hang(wire);
      throw cause;
    }
  }

  /** The running program leaves the bus and waits for a host under another product id. */
  #comeBack(productId: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const cycle = this.#cycle;
      if (!cycle || this.#closing.signal.aborted) return reject(new UnpluggedError('the virtual phone was closed'));
      this.#onBusAt = this.#clock.now() + Math.min(RESET_MS, this.#options.replugMs ?? REPLUG_MS);
      cycle.comeback = { productId, opened: resolve, never: reject };
      this.#notify();
    });
  }

  #plugBackIn(cycle: PowerCycle): PhonePort {
    const { comeback } = cycle;
    if (!comeback) throw new Error('the phone is not waiting for a host');
    delete cycle.comeback;
    cycle.port = this.#enumerate(cycle.wire, comeback.productId);
    comeback.opened();
    return cycle.port;
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
    });
  }

  #notify(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #log(entry: PhoneLogEntry): void {
    this.#options.onLog?.(entry);
  }
}

/** @throws RangeError when a fault names a partition that the phone does not have */
function withFaults(storage: PhoneStorage, profile: Profile, { badWrite, writeError }: FaultPlan): PhoneStorage {
  if (badWrite === undefined && writeError === undefined) return storage;
  const place = (name: string) => {
    const extents = extentsOf(profile, name);
    if (extents.length > 0) return extents;
    const known = profile.partitions.map((partition) => partition.name).join(', ');
    throw new RangeError(`${profile.name} has no partition '${name}'; it has ${known}`);
  };
  return new FaultyStorage(storage, {
    ...(badWrite === undefined ? {} : { badWrite: place(badWrite) }),
    ...(writeError === undefined ? {} : { writeError: place(writeError) }),
  });
}
