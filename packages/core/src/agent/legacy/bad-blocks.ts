import { UnbrickError } from '../../errors/unbrick-error.js';
import { decode, hex, LegacyBmtPair, LegacyByte, LegacyCommand, u8 } from '../../wire/index.js';
import { type Conversation, conversationIsOver } from './conversation.js';

/** A bad block of a NAND and the block of the pool that stands in for it; both counted from 0. */
export interface ReplacedBlock {
  bad: number;
  replacement: number;
}

/**
 * Asks the agent which blocks of a NAND it has replaced (docs/protocol/legacy-agent.md, "READ_BMT").
 * @returns undefined when the agent has no such map
 */
export async function readBadBlocks(talk: Conversation): Promise<ReplacedBlock[] | undefined> {
  talk.doing = { stage: 'agent', what: 'reading the map of bad blocks' };
  try {
    await talk.sendByte(LegacyCommand.NAND_READ_BMT);
    if ((await talk.byte('the state of the bad-block map')) !== LegacyByte.ACK) return undefined;
    const count = decode(u8, 'big', await talk.bytes(1, 'the number of replaced blocks'));
    const raw = await talk.bytes(count * LegacyBmtPair.size, 'the replaced blocks');
    await talk.sendByte(LegacyByte.ACK);
    return Array.from({ length: count }, (_, i) => {
      const { badBlock, mappedBlock } = LegacyBmtPair.parse(raw, i * LegacyBmtPair.size);
      return { bad: badBlock, replacement: mappedBlock };
    });
  } catch (error) {
    if (conversationIsOver(error) || !(error instanceof UnbrickError)) throw error;
    return undefined;
  }
}

/**
 * Has the agent make the map of bad blocks anew from the marks on the chip (docs/protocol/legacy-agent.md, "BMT_REMARK").
 * @returns false when the agent says that there is nothing to be done
 * @throws UnbrickError `BAD_BLOCK_MAP_FAILED`
 */
export async function remakeBadBlockMap(talk: Conversation): Promise<boolean> {
  talk.doing = { stage: 'erase', what: 'making the map of bad blocks' };
  await talk.sendByte(LegacyCommand.NAND_BMT_REMARK);
  if ((await talk.byte('whether a map is needed', talk.timeouts.eraseStep)) !== LegacyByte.ACK) return false;
  for (;;) {
    const answer = await talk.byte('the progress of the map', talk.timeouts.eraseStep);
    if (answer === LegacyByte.STOP) return true;
    if (answer === LegacyByte.NACK) throw mapFailed();
    // An ACK here asks where an image for flash translation begins, which these phones do not have.
    if (answer !== LegacyByte.CONT) throw talk.outOfStep(`making the map was answered with ${hex(answer, 2)}`);
  }
}

function mapFailed(): UnbrickError {
  return new UnbrickError({
    code: 'BAD_BLOCK_MAP_FAILED',
    stage: 'erase',
    message: 'The agent could not make the map of bad blocks of the NAND chip.',
    evidence: ['it ended the command with an error'],
    next: [
      'Repeat once. If it fails again, the chip has more bad blocks than its pool can replace: a case for a repair shop.',
    ],
  });
}
