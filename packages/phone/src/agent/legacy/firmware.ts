import { PlannedAnswers } from '../../planned-answers.js';
import type { AgentFirmware } from '../session.js';
import { runCommandLoop } from './command-loop.js';
import { prepareDram } from './dram.js';
import { sendFlashReport } from './flash-report.js';
import { HostLine } from './host-line.js';
import { matchNandRecords } from './nand-record-match.js';
import { openNand } from './open-nand.js';
import { introduce, receiveConfig } from './stage1.js';
import { type LegacyAgentOptions, newStage2 } from './stage2-state.js';
import { receiveStage2 } from './stage2-upload.js';

const USUAL: LegacyAgentOptions = { imagePacketSize: 0x100000, eraseInSteps: false };

/**
 * The device side of the legacy agents, stage 1 and stage 2, for phones with eMMC or NAND (docs/protocol/legacy-agent.md).
 * What differs from chip to chip comes from the profile.
 * @throws RangeError from the firmware when the profile has no `agent.legacy`
 */
export function legacyAgent(options: Partial<LegacyAgentOptions> = {}): AgentFirmware {
  return async (session) => {
    const traits = session.profile.agent.legacy;
    if (!traits) throw new RangeError(`the profile ${session.profile.name} says nothing about a legacy agent`);
    const host = new HostLine(session.wire, new PlannedAnswers(session.faults));
    await introduce(session, traits, host);
    const config = await receiveConfig(session, traits, host);
    let dramReady = session.bootedBy === 'preloader';
    if (traits.stages === 1) await matchNandRecords(session, host);
    else {
      dramReady = await prepareDram(session, traits, host, config.forceDram);
      await receiveStage2(session, host, dramReady);
    }
    const nand = await openNand(session, config.poolSize);
    await sendFlashReport(session, traits, host, { dramReady, nand });
    const agent = newStage2({ session, host, traits, config, dramReady, nand, options: { ...USUAL, ...options } });
    return runCommandLoop(agent);
  };
}

/** The legacy agent as it comes on most phones. */
export const legacyAgentFirmware: AgentFirmware = legacyAgent();
