import {
  type FlashJob,
  type FlashResult,
  flash,
  type JobEvent,
  MemoryFolder,
  openFirmware,
  type PortSource,
} from '@unbrick/core';
import {
  type BootMode,
  MemoryStorage,
  NO_FAULTS,
  type Profile,
  parseFault,
  practiceFirmware,
  VirtualPhone,
  type VirtualPhoneOptions,
} from '@unbrick/phone';
import { smallProfile } from '../../support/small-phone.js';
import type { Files } from './looking-at-files.js';
import { type Scenario, type Told, toldIn } from './scenario.js';

/** A phone, how it is plugged in, and what has happened to it. */
export interface PhoneInHand {
  /** Name of a profile, or one that was changed. */
  profile?: string | Profile;
  mode?: BootMode;
  /** As `--fault` takes them. */
  faults?: readonly string[];
  /** Changes what its storage holds. */
  spoil?: (storage: MemoryStorage, profile: Profile) => Promise<void>;
  more?: Partial<VirtualPhoneOptions>;
}

/** What is flashed to it. */
export interface FirmwareInHand {
  /** The phone that the firmware is made for, when it is not the one at hand. */
  of?: (profile: Profile) => Profile;
  /** Changes the files. */
  spoilFiles?: (files: Record<string, Uint8Array>, profile: Profile) => unknown;
  /** Changes the port. */
  through?: (source: PortSource) => PortSource;
  job?: Partial<FlashJob>;
}

const SMALL = new Map<string, Profile>();

/** A small phone of this kind, always the same one. */
export function smallPhone(name: string): Profile {
  const profile = SMALL.get(name) ?? smallProfile(name);
  SMALL.set(name, profile);
  return profile;
}

/** Does something with a phone and unplugs it. */
export async function withPhone<T>(
  given: PhoneInHand,
  work: (phone: VirtualPhone, profile: Profile) => Promise<T>,
): Promise<T> {
  const { profile: named = 'mt6735-emmc' } = given;
  const profile = typeof named === 'string' ? smallPhone(named) : named;
  const storage = new MemoryStorage(profile.storage.kind, profile.storage.regions);
  const phone = new VirtualPhone({
    profile,
    storage,
    mode: given.mode ?? 'preloader',
    faults: (given.faults ?? []).reduce((plan, text) => parseFault(text, plan), NO_FAULTS),
    replugMs: 1,
    ...given.more,
  });
  try {
    await phone.ready();
    await given.spoil?.(storage, profile);
    return await work(phone, profile);
  } finally {
    await phone.close();
  }
}

const PRACTICE = new WeakMap<Profile, ReturnType<typeof practiceFirmware>>();

/** The files of a firmware for this phone. Files can be exchanged, not changed in place: the next test gets the same bytes. */
export async function firmwareFiles(profile: Profile): Promise<Record<string, Uint8Array>> {
  const files = PRACTICE.get(profile) ?? practiceFirmware(profile);
  PRACTICE.set(profile, files);
  return Object.fromEntries(await files);
}

export const openFiles = (files: Files) => openFirmware(new MemoryFolder('firmware', files));

/** One flash job from the files to the report. */
export async function flashOn(
  phone: { portSource(): PortSource },
  profile: Profile,
  { of, spoilFiles, through = (source) => source, job }: FirmwareInHand = {},
): Promise<{ told: Told[]; events: JobEvent[]; result: FlashResult }> {
  const made = of?.(profile) ?? profile;
  const files = await firmwareFiles(made);
  await spoilFiles?.(files, made);
  const events: JobEvent[] = [];
  const result = await flash({
    firmware: await openFiles(files),
    source: through(phone.portSource()),
    emit: (event) => events.push(event),
    selection: { only: ['lk'] },
    waitMs: 5000,
    ...job,
  });
  return { told: toldIn(events), events, result };
}

/** What a flash job tells of this phone and this firmware. */
export const flashing =
  (phone: PhoneInHand & FirmwareInHand): Scenario =>
  () =>
    withPhone(phone, async (plugged, profile) => (await flashOn(plugged, profile, phone)).told);
