import type { AgentGeneration } from '@unbrick/core';
import { legacyAgentFirmware } from './legacy/firmware.js';
import type { AgentFirmware } from './session.js';
import { xflashAgentFirmware } from './xflash/firmware.js';

/** The firmware of the agents that run on this generation of phones. @throws RangeError when there is none yet */
export function agentFirmware(generation: AgentGeneration): AgentFirmware {
  switch (generation) {
    case 'legacy':
      return legacyAgentFirmware;
    case 'xflash':
      return xflashAgentFirmware;
    default:
      throw new RangeError(`there is no virtual agent of generation ${generation}`);
  }
}
