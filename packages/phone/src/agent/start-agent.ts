import type { AgentGeneration } from '@unbrick/core';
import { legacyAgentFirmware } from './legacy/firmware.js';
import type { AgentFirmware } from './session.js';
import { xflashAgentFirmware } from './xflash/firmware.js';
import { xmlAgentFirmware } from './xml/firmware.js';

/** The firmware of the agents that run on this generation of phones. */
export function agentFirmware(generation: AgentGeneration): AgentFirmware {
  switch (generation) {
    case 'legacy':
      return legacyAgentFirmware;
    case 'xflash':
      return xflashAgentFirmware;
    case 'xml':
      return xmlAgentFirmware;
  }
}
