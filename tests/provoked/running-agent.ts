import {
  type Agent,
  type ConnectedPhone,
  chooseAgent,
  connectPhone,
  loadAgentFiles,
  MemoryFolder,
  openFirmware,
  parsePreloader,
  readWhole,
  startAgent,
  UnbrickError,
} from '@unbrick/core';
import {
  type BootMode,
  type FaultPlan,
  MemoryStorage,
  NO_FAULTS,
  type Profile,
  practiceFirmware,
  VirtualPhone,
} from '@unbrick/phone';
import { storageHints } from '../../packages/core/src/firmware/scatter/storage-hints.js';

/** A phone that somebody has just plugged in, with a host that has asked who it is. */
export interface Bench {
  phone: VirtualPhone;
  connected: ConnectedPhone;
  /** What the host has told besides errors. */
  notes: string[];
  /** The phone's bad day; can be changed between two commands. */
  faults: { -readonly [K in keyof FaultPlan]: FaultPlan[K] };
  /** Uploads the agent of the phone's practice firmware and starts it. */
  start(): Promise<Agent>;
  close(): Promise<void>;
}

const firmwares = new WeakMap<Profile, ReturnType<typeof practiceFirmware>>();

export async function plugIn(profile: Profile, mode: BootMode, fault: Partial<FaultPlan> = {}): Promise<Bench> {
  const faults = { ...NO_FAULTS, ...fault };
  const phone = new VirtualPhone({
    profile,
    mode,
    storage: new MemoryStorage(profile.storage.kind, profile.storage.regions),
    faults,
    replugMs: 1,
  });
  const notes: string[] = [];
  const connected = await connectPhone(phone.portSource(), {
    timeoutMs: 10_000,
    onNote: (message) => notes.push(message),
  });
  return {
    phone,
    connected,
    notes,
    faults,
    start: async () => {
      const files = firmwares.get(profile) ?? practiceFirmware(profile);
      firmwares.set(profile, files);
      const folder = new MemoryFolder('firmware', Object.fromEntries(await files));
      const firmware = await openFirmware(folder);
      const { image } = chooseAgent(await loadAgentFiles(firmware), connected.identity);
      if (!image) throw new Error(`no agent for ${profile.name}`);
      const preloader = await folder.open(firmware.preloaderPath as string);
      const { emi } = parsePreloader(preloader.name, await readWhole(preloader, 1 << 20));
      const hints = storageHints(firmware.scatter);
      return startAgent(connected, { image, emi, hints, credentials: {} }, (event) => {
        if (event.type === 'note') notes.push(event.message);
      });
    },
    close: async () => {
      await connected.link.close();
      await phone.close();
    },
  };
}

/** The error with which some work ends. */
export async function failureOf(work: Promise<unknown>): Promise<UnbrickError> {
  const outcome = await work.then(
    () => 'it succeeded',
    (cause: unknown) => cause,
  );
  if (outcome instanceof UnbrickError) return outcome;
  throw outcome instanceof Error ? outcome : new Error(String(outcome));
}
