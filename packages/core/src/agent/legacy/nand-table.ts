import type { UnbrickError } from '../../errors/unbrick-error.js';
import { hex, LegacyByte } from '../../wire/index.js';
import type { AgentStartOptions } from '../start.js';
import type { Conversation } from './conversation.js';

/** Records of real tables have some dozens of bytes; more than this is no record size. */
const LARGEST_RECORD = 0x1000;

/**
 * One-stage agents are fed the table of NAND chips that their file brings as its second region, record by record, until one
 * fits (docs/protocol/legacy-agent.md, "V3 sync"). A phone without a NAND controller in use skips this.
 * @param table the second region
 */
export async function offerNandTable(
  talk: Conversation,
  table: Uint8Array,
  onProgress?: AgentStartOptions['onProgress'],
): Promise<void> {
  talk.doing = { stage: 'agent', what: 'telling the agent which NAND chips there are' };
  if ((await talk.byte('whether there is a NAND controller')) !== LegacyByte.ACK) return;
  const recordSize = await talk.u32('the size of a NAND record');
  if (recordSize === 0 || recordSize > LARGEST_RECORD)
    throw talk.outOfStep(`the agent wants NAND records of ${recordSize} bytes`);
  const count = Math.floor(table.length / recordSize);
  await talk.sendU32(count);
  await talk.ack('the acknowledgement of the NAND table');
  for (let i = 0; i < count; i++) {
    await talk.send(table.subarray(i * recordSize, (i + 1) * recordSize));
    onProgress?.('agent-upload', (i + 1) * recordSize, table.length);
    const answer = await talk.byte('the verdict on a NAND record');
    if (answer === LegacyByte.ACK) {
      onProgress?.('agent-upload', table.length, table.length);
      return;
    }
    if (answer !== LegacyByte.CONT) throw unknownAnswer(talk, answer, i);
  }
  // No record fits: the flash report that follows says what that means.
}

function unknownAnswer(talk: Conversation, answer: number, record: number): UnbrickError {
  return talk.outOfStep(`NAND record ${record} of the table was answered with ${hex(answer, 2)}`);
}
