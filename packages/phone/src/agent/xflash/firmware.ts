/**
 * The device side of the XFlash ("V5") Download Agent of the chips MT6739 to MT6885.
 * Written from docs/protocol/xflash-agent.md and the recorded bytes of a genuine stage 2.
 */
import { hang } from '../../device/wire.js';
import { PartitionTableCache } from '../flash/partition-table.js';
import type { AgentFirmware, AgentSession } from '../session.js';
import { type AgentState, newAgentState } from './agent-state.js';
import { runStage1 } from './stage1.js';
import { runStage2 } from './stage2.js';
import { startUp } from './start-up.js';
import { xflashStorageMap } from './storage-map.js';

export const xflashAgentFirmware: AgentFirmware = async (session) => {
  const state = xflashAgentState(session);
  await startUp(state);
  await runStage1(state);
  await runStage2(state);
  return hang(session.wire);
};

/** @throws RangeError when the agents do not serve the phone's kind of storage */
export function xflashAgentState(session: AgentSession): AgentState {
  const fitted = xflashStorageMap(session.profile, session.storage);
  return newAgentState(session, fitted, new PartitionTableCache(session.storage, fitted));
}
