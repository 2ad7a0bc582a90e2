import { UnbrickError } from '../../errors/unbrick-error.js';
import { decode, LegacyBmtPair, LegacyByte, LegacyCommand, u8 } from '../../wire/index.js';
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
