import type { PmtEntry } from '../../storage/storage.js';
import { encode, hex, LegacyByte, LegacyCommand, LegacyPmtEntry, u32 } from '../../wire/index.js';
import type { Conversation } from './conversation.js';

/**
 * Hands the agent a new partition list for a NAND; it writes main copy and mirror, with the marks that they have beside their
 * pages (docs/protocol/legacy-agent.md, "WRITE_PARTITION_TBL").
 * @param update there is a list already
 * @throws UnbrickError `AGENT_REFUSED`
 */
export async function sendPartitionList(
  talk: Conversation,
  entries: readonly PmtEntry[],
  update: boolean,
): Promise<void> {
  talk.doing = { stage: 'write', what: 'writing the partition table' };
  await talk.sendByte(LegacyCommand.NAND_WRITE_PARTITION_TABLE);
  await talk.ack('the permission to write the partition table');
  await talk.sendU32(entries.length);
  await talk.ack('the acknowledgement of the number of partitions');
  for (const { name, size, offset, mask, partId = 0 } of entries) {
    await talk.send(LegacyPmtEntry.build({ name, size, partId, offset, mask }));
    const answer = await talk.byte('the acknowledgement of a partition');
    // Some hosts take an ACK in its place.
    if (answer !== LegacyByte.CONT && answer !== LegacyByte.ACK) {
      throw talk.outOfStep(`the entry of ${name} was answered with ${hex(answer, 2)}`);
    }
  }
  await talk.send(encode(u32, 'big', Number(update)));
  await talk.ack('the acknowledgement of the whole list');
  await talk.ack('the proof that the partition table is written', talk.timeouts.packetWritten);
}
