import { TargetConfigBit } from '../wire/index.js';
import type { TargetConfig } from './identity.js';

/** Decodes the word of GET_TARGET_CONFIG: docs/protocol/bootrom.md, "GET_TARGET_CONFIG". */
export function decodeTargetConfig(raw: number): TargetConfig {
  const has = (bit: number) => (raw & bit) !== 0;
  return {
    raw,
    secureBoot: has(TargetConfigBit.SECURE_BOOT),
    serialLinkAuthorisation: has(TargetConfigBit.SERIAL_LINK_AUTHORISATION),
    agentAuthentication: has(TargetConfigBit.AGENT_AUTHENTICATION),
    rootCertificate: has(TargetConfigBit.ROOT_CERTIFICATE),
    memoryReadAuthentication: has(TargetConfigBit.MEMORY_READ_AUTHENTICATION),
    memoryWriteAuthentication: has(TargetConfigBit.MEMORY_WRITE_AUTHENTICATION),
  };
}

/** Whether the maker's tool would ask for an authorisation file before it sends an agent to the boot ROM. */
export function asksForAuthorisation(config: TargetConfig): boolean {
  return config.serialLinkAuthorisation || config.agentAuthentication;
}
