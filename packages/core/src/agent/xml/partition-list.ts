import { type PartitionEntry, type PartitionTable, type StorageInfo, userRegion } from '../../storage/storage.js';
import { xmlText } from '../../wire/index.js';
import { invalidReply, replyDocument, replyNumber } from './replies.js';
import { quoted } from './text-channel.js';

const COMMAND = 'READ-PARTITION-TABLE';

/** What the agents list beside partitions: the table itself. */
const TABLE_ENTRIES = new Set(['pgpt', 'sgpt']);

/**
 * The agent's own partition list, from the text of READ-PARTITION-TABLE; starts and sizes are bytes of the user region.
 * Undefined when it lists nothing. See docs/protocol/xml-agent.md, "READ-PARTITION-TABLE".
 * @throws UnbrickError `AGENT_REPLY_INVALID`
 */
export function tableOfList(text: string, storage: StorageInfo): PartitionTable | undefined {
  const region = userRegion(storage.kind);
  const size = storage.regions.get(region) ?? 0;
  const partitions: PartitionEntry[] = [];
  for (const entry of replyDocument(text, COMMAND).children.filter(({ name }) => name === 'pt')) {
    const name = xmlText(entry, 'name') ?? '';
    const start = replyNumber(entry, 'start');
    const length = replyNumber(entry, 'size');
    if (name === '' || start === undefined || length === undefined || start + length > size) {
      const shown = `${quoted(name)} at ${xmlText(entry, 'start')}, ${xmlText(entry, 'size')} bytes`;
      throw invalidReply(COMMAND, text, `the entry ${shown} does not lie in ${region}, which has ${size} bytes`);
    }
    if (!TABLE_ENTRIES.has(name.toLowerCase()) && length > 0) partitions.push({ name, region, start, length });
  }
  if (partitions.length === 0) return undefined;
  partitions.sort((a, b) => a.start - b.start);
  return { kind: 'gpt', source: 'the agent’s partition list', partitions };
}
