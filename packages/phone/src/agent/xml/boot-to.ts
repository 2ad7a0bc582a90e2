/** BOOT-TO: stage 2 is loaded, checked and started. docs/protocol/xml-agent.md, "BOOT-TO". */
import { hex, type XmlElement } from '@unbrick/core/wire';
import { hang } from '../../device/wire.js';
import { checkStage2 } from '../stage2-digest.js';
import { CommandFailed, logCommand, required, type XmlAgentState } from './agent-state.js';
import type { AfterEnd } from './command-loop.js';
import { downloadToMemory } from './download-file.js';
import { parseNumber } from './text-channel.js';

const DRAM_BASE = 0x40000000;
/** Far more than any stage 2 needs; the device has DRAM for it, this program does not want to. */
const STAGE2_LIMIT = 16 << 20;

/** The jump comes after the host has taken CMD:END; stage 2 then sends a CMD:START of its own. */
export async function bootTo(state: XmlAgentState, root: XmlElement): Promise<AfterEnd> {
  const { session, channel } = state;
  const at = parseNumber(required(root, 'arg', 'at_address'));
  const jump = parseNumber(required(root, 'arg', 'jmp_address'));
  const sourceFile = required(root, 'arg', 'source_file');
  const detail = { at: hex(at, 8), jump: hex(jump, 8) };
  if (at < DRAM_BASE || at >= DRAM_BASE + session.profile.ramSize) {
    logCommand(state, 'BOOT-TO', false, { ...detail, refused: 'not in the DRAM' });
    throw new CommandFailed('R/W on this address is forbidden.\n');
  }
  if (!state.dramReady) {
    logCommand(state, 'BOOT-TO', false, { ...detail, crash: 'DRAM is not set up' });
    await hang(channel.wire);
  }
  const stage2 = await downloadToMemory(state, { info: '2nd-DA', sourceFile, limit: STAGE2_LIMIT });
  if (jump < at || jump >= at + stage2.length) throw new CommandFailed('2nd DA address is invalid. reset.\n');
  const verdict = await checkStage2(session.stage1, stage2);
  logCommand(state, 'BOOT-TO', false, { ...detail, received: stage2.length, stage2: verdict });
  if (verdict === 'mismatch') throw new CommandFailed('DA Hash mismatch.\n');
  return async () => {
    state.stage = 'stage2';
    state.messages.clear();
  };
}
