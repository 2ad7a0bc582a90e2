/** RAM-TEST, stage 1 only. docs/protocol/xml-agent.md, "RAM-TEST". */
import type { XmlElement } from '@unbrick/core/wire';
import { CommandFailed, logCommand, required, type XmlAgentState } from './agent-state.js';
import { withProgress } from './progress.js';
import { parseNumber } from './text-channel.js';
import { uploadText } from './upload-file.js';

export async function ramTest(state: XmlAgentState, root: XmlElement): Promise<void> {
  const test = required(root, 'arg', 'function');
  logCommand(state, 'RAM-TEST', false, { function: test });
  switch (test) {
    case 'FLIP': {
      // The start counts from the beginning of the DRAM.
      const start = parseNumber(required(root, 'arg', 'start_address'));
      const length = parseNumber(required(root, 'arg', 'length'));
      required(root, 'arg', 'repeat');
      return withProgress(state, 'RAM-TEST', async (report) => {
        if (!state.dramReady || start + length > state.session.profile.ramSize) throw new CommandFailed();
        await report(100);
      });
    }
    case 'SRAM':
      return withProgress(state, 'RAM-TEST', async (report) => {
        await report(100);
      });
    case 'CALIBRATION': {
      const targetFile = required(root, 'arg', 'target_file');
      const text = state.dramReady ? 'PASS' : 'FAIL';
      return uploadText(state, { info: 'RAM-TEST', targetFile, text, nul: true });
    }
    default:
      throw new CommandFailed();
  }
}
