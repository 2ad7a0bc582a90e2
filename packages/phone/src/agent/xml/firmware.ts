/**
 * The device side of the XML ("V6") Download Agent. Written from docs/protocol/xml-agent.md, from the recorded bytes of a
 * genuine stage 2 and from what two genuine hosts said.
 */
import { hang } from '../../device/wire.js';
import type { AgentFirmware } from '../session.js';
import { newXmlAgentState } from './agent-state.js';
import { runCommands } from './command-loop.js';
import { stage1Commands } from './stage1.js';
import { stage2Commands } from './stage2.js';

export const xmlAgentFirmware: AgentFirmware = async (session) => {
  const state = newXmlAgentState(session);
  await runCommands(state, stage1Commands(session.profile));
  await runCommands(state, stage2Commands(session.profile));
  return hang(session.wire);
};
