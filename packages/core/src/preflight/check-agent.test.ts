import { describe, expect, it } from 'vitest';
import type { DeviceIdentity } from '../bootrom/identity.js';
import { decodeTargetConfig } from '../bootrom/target-config.js';
import { chipByHwCode } from '../chips/chips.js';
import type { AgentChoice } from '../firmware/agent-search.js';
import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import type { OwnerCredentials } from '../security/signer.js';
import { checkAgent } from './check-agent.js';

const FACTS = { preloader: { emi: {} } } as FirmwareFacts;
const CHOICE = { image: { fileName: 'DA.bin', description: 'x' }, why: [], rejected: [] } as unknown as AgentChoice;
const FILE = { name: 'auth_sv5.auth', bytes: Uint8Array.of(1) };
const SIGNER = { name: 'owner.pem', sign: async () => Uint8Array.of(1) };

function codes(stage: 'brom' | 'preloader', config: number, credentials: OwnerCredentials = {}) {
  const identity = {
    stage,
    hwCode: 0x0766,
    chip: chipByHwCode(0x0766),
    targetConfig: decodeTargetConfig(config),
  } as DeviceIdentity;
  return checkAgent(FACTS, identity, CHOICE, credentials)
    .filter(({ code }) => code !== 'AGENT_CHOSEN')
    .map(({ severity, code }) => `${severity} ${code}`);
}

describe('checkAgent on locked phones', () => {
  it('stops before anything is sent when nothing can satisfy the boot ROM', () => {
    expect(codes('brom', 0x07)).toEqual(['blocker SLA_REQUIRED']);
    expect(codes('brom', 0x10)).toEqual(['blocker CERTIFICATE_REQUIRED']);
    expect(codes('brom', 0x10, { certificate: FILE })).toEqual([]);
  });

  it.each([[{ authorisation: FILE }], [{ signer: SIGNER }], [{ authorisation: FILE, signer: SIGNER }]])(
    'goes on with what the owner has',
    (credentials) => expect(codes('brom', 0x07, credentials)).toEqual(['ok OWNER_PROOF']),
  );

  it('only warns where the agent alone is judged', () => {
    expect(codes('brom', 0x05)).toEqual(['warning AGENT_MUST_BE_SIGNED']);
    expect(codes('preloader', 0xe7)).toEqual(['warning AGENT_MUST_BE_SIGNED']);
    expect(codes('preloader', 0x00)).toEqual([]);
  });
});
