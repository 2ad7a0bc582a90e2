import type { AgentFirmware, AgentSession, PhoneLogEntry } from '../agent/session.js';
import { hang } from '../device/wire.js';
import { VirtualPhone, type VirtualPhoneOptions } from '../phone.js';
import type { Profile } from '../profiles/profile.js';
import { findProfile } from '../profiles/profiles.js';
import { MemoryStorage } from '../storage/memory-storage.js';
import { ScriptedHost } from './scripted-host.fixture.js';

/** For tests: an agent that says C0 as all do, and then nothing. */
export const quietAgent: AgentFirmware = async ({ wire }) => {
  await wire.write(Uint8Array.of(0xc0));
  return hang(wire);
};

export interface TestPhone {
  phone: VirtualPhone;
  log: PhoneLogEntry[];
  /** Sessions in which an agent was started. */
  agents: AgentSession[];
  plugIn(): Promise<ScriptedHost>;
}

/** For tests: a phone in memory that comes back at once. */
export function testPhone(
  base: string | Profile,
  options: Omit<Partial<VirtualPhoneOptions>, 'profile'> = {},
): TestPhone {
  const profile = typeof base === 'string' ? findProfile(base) : base;
  const log: PhoneLogEntry[] = [];
  const agents: AgentSession[] = [];
  const { agent = quietAgent, ...rest } = options;
  const phone = new VirtualPhone({
    profile,
    storage: new MemoryStorage(profile.storage.kind, profile.storage.regions),
    replugMs: 5,
    onLog: (entry) => log.push(entry),
    agent: (session) => {
      agents.push(session);
      return agent(session);
    },
    ...rest,
  });
  return { phone, log, agents, plugIn: async () => new ScriptedHost(await phone.attach(AbortSignal.timeout(5000))) };
}
