import {
  type Agent,
  type AgentNeeds,
  type ConnectedPhone,
  chooseAgent,
  connectPhone,
  loadAgentFiles,
  MemoryFolder,
  openFirmware,
  type PortSource,
  parsePreloader,
  readWhole,
  startAgent,
  UnbrickError,
} from '@unbrick/core';
import { type BootMode, type FaultPlan, MemoryStorage, NO_FAULTS, type Profile, VirtualPhone } from '@unbrick/phone';
import { storageHints } from '../../packages/core/src/firmware/scatter/storage-hints.js';
import { firmwareFiles } from './scenarios/on-the-phone.js';

/** A phone that somebody has just plugged in, with a host that has asked who it is. */
export interface Bench {
  phone: VirtualPhone;
  connected: ConnectedPhone;
  /** What the host has told besides errors. */
  notes: string[];
  /** The phone's bad day; can be changed between two commands. */
  faults: { -readonly [K in keyof FaultPlan]: FaultPlan[K] };
  /** Uploads the agent of the phone's practice firmware and starts it, with what that firmware knows of the phone. */
  start(needs?: Partial<AgentNeeds>): Promise<Agent>;
  close(): Promise<void>;
}

/** How a phone is plugged in. */
export interface PluggedIn {
  /** The firmware is made for this phone instead. */
  of?: Profile;
  /** Changes what its storage holds. */
  spoil?: (storage: MemoryStorage) => Promise<void>;
  /** Changes the port. */
  through?: (source: PortSource) => PortSource;
}

export async function plugIn(
  profile: Profile,
  mode: BootMode,
  fault: Partial<FaultPlan> = {},
  { of = profile, spoil, through = (source) => source }: PluggedIn = {},
): Promise<Bench> {
  const faults = { ...NO_FAULTS, ...fault };
  const storage = new MemoryStorage(profile.storage.kind, profile.storage.regions);
  const phone = new VirtualPhone({
    profile,
    mode,
    storage,
    faults,
    replugMs: 1,
  });
  await phone.ready();
  await spoil?.(storage);
  const notes: string[] = [];
  const connected = await connectPhone(through(phone.portSource()), {
    timeoutMs: 10_000,
    onNote: (message) => notes.push(message),
  }).catch(async (cause) => {
    await phone.close();
    throw cause;
  });
  return {
    phone,
    connected,
    notes,
    faults,
    start: async (needs) => {
      const folder = new MemoryFolder('firmware', await firmwareFiles(of));
      const firmware = await openFirmware(folder);
      const chosen = chooseAgent(await loadAgentFiles(firmware), connected.identity);
      const image = needs?.image ?? chosen.image;
      if (!image) throw new Error(`no agent for ${of.name}: ${chosen.rejected.map(({ why }) => why).join('; ')}`);
      const preloader = await folder.open(firmware.preloaderPath as string);
      const { emi } = parsePreloader(preloader.name, await readWhole(preloader, 1 << 20));
      const hints = storageHints(firmware.scatter);
      return startAgent(connected, { image, emi, hints, credentials: {}, ...needs }, (event) => {
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
