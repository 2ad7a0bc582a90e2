import { UnbrickError } from '../../errors/unbrick-error.js';
import { noTable } from '../../storage/partition-table.js';
import { nandPmtPartitions, pmtPartitions, readPmtList } from '../../storage/pmt-entries.js';
import type { TableProblem } from '../../storage/read-bytes.js';
import type { PartitionEntry, PartitionTable, Region, StorageInfo, StorageKind } from '../../storage/storage.js';
import {
  hex,
  LegacyByte,
  LegacyCommand,
  LegacyError,
  LegacyGptEntry,
  LegacyTableState,
  type StructValue,
} from '../../wire/index.js';
import type { Conversation } from './conversation.js';
import { regionOfPart } from './regions.js';
import { nameOfWord } from './status-words.js';

/** What the agent answers to SDMMC_READ_PMT. */
export interface PartitionList {
  /** As LegacyTableState; agents are known to use other values too, so nothing depends on it. */
  state: number;
  raw: Uint8Array;
}

/** Far more than any agent's buffer, bytes. */
const LARGEST_LIST = 0x10000;
/** GPT agents have room for this many entries and cut longer tables off without a word. */
const ROOM_OF_GPT_AGENTS = 40;

/**
 * Asks the agent for its partition list (docs/protocol/legacy-agent.md, "READ_PMT" and "READ_PARTITION_TBL"), in whatever
 * form it keeps it.
 * @throws UnbrickError `PARTITION_LIST_UNUSABLE` when there is none; `NO_PARTITION_TABLE` when there is none on the storage
 *   either; the agent is usable then
 */
export async function fetchPartitionList(talk: Conversation, kind: StorageKind): Promise<PartitionList> {
  talk.doing = { stage: 'agent', what: 'reading the partition list of the agent' };
  await talk.sendByte(kind === 'nand' ? LegacyCommand.NAND_READ_PARTITION_TABLE : LegacyCommand.SDMMC_READ_PMT);
  const state = await talk.byte('the state of the partition table');
  if (state === LegacyByte.NACK) {
    const word = await talk.u32('the error word of the agent');
    const seen = `the agent answered ${nameOfWord(word)}`;
    // The agent of a NAND knows where the list would be. Without a map of bad blocks that place may not even be readable.
    throw kind === 'nand' && word === LegacyError.PART_NO_VALID_TABLE ? noTable([seen]) : unusable(seen);
  }
  const size = await talk.u32('the size of the partition list');
  if (size === 0 || size > LARGEST_LIST) {
    // Anything but ACK makes the agent go back to its command loop without sending the list.
    await talk.sendByte(LegacyByte.NACK);
    throw unusable(`the agent announced a partition list of ${size} bytes`);
  }
  await talk.sendByte(LegacyByte.ACK);
  const raw = await talk.bytes(size, 'the partition list');
  await talk.sendByte(LegacyByte.ACK);
  return { state, raw };
}

/**
 * The partitions of the agent's list. GPT agents and PMT agents have forms of their own, some with entries of the same size;
 * a form counts only when the entries line up.
 * @throws UnbrickError `PARTITION_LIST_UNUSABLE` when no form fits, the list does not fit the storage or may be cut off
 */
export function tableOfList({ state, raw }: PartitionList, storage: StorageInfo): PartitionTable {
  // The GPT form is the stricter one: it must name a region in every entry, where a PMT of the same stride has zeros.
  const inGpt = storage.kind === 'nand' ? [] : gptEntries(raw);
  const kind = inGpt.length > 0 ? 'gpt' : 'pmt';
  const onNand = storage.kind === 'nand';
  const inPmt = inGpt.length > 0 ? undefined : readPmtList(raw)?.entries;
  const partitions = inPmt ? (onNand ? nandPmtPartitions : pmtPartitions)(inPmt) : inGpt;
  if (partitions.length === 0) {
    throw unusable(`the agent's partition list (${raw.length} bytes, state ${hex(state, 2)}) has no known form`);
  }
  for (const { name, region, start, length } of partitions) {
    const size = storage.regions.get(region) ?? 0;
    if (start + length > size) {
      throw unusable(`${name} ends at ${start + length} in the agent's list, ${region} has ${size} bytes`);
    }
  }
  if (kind === 'gpt' && partitions.length >= ROOM_OF_GPT_AGENTS) {
    throw unusable(`the agent has room for ${ROOM_OF_GPT_AGENTS} partitions only`);
  }
  const problems = problemsOfState(state);
  return {
    ...(problems.length > 0 ? { problems } : {}),
    kind,
    source: `the agent's partition list (${kind.toUpperCase()})`,
    partitions: [...partitions].sort((a, b) => a.start - b.start),
    // An eMMC may hold the list in another form than the agent tells it in.
    ...(inPmt && onNand ? { record: { entries: inPmt } } : {}),
  };
}

/** GPT agents tell which of the two copies they found whole. */
function problemsOfState(state: number): TableProblem[] {
  const message = (copy: string) => `${copy} GPT: the agent says that it is damaged.`;
  if (state === LegacyTableState.SECONDARY_GPT) return [{ code: 'GPT_PRIMARY_INVALID', message: message('Primary') }];
  if (state === LegacyTableState.PRIMARY_GPT) return [{ code: 'GPT_BACKUP_INVALID', message: message('Backup') }];
  return [];
}

/** The entries of a GPT agent; empty when the bytes are something else. */
function gptEntries(raw: Uint8Array): PartitionEntry[] {
  const partitions: PartitionEntry[] = [];
  const ends = new Map<Region, number>();
  for (let at = 0; at + LegacyGptEntry.size <= raw.length; at += LegacyGptEntry.size) {
    const entry = gptEntryAt(raw, at);
    if (!entry) return [];
    const { name, start, size, region: part } = entry;
    if (name === '') break;
    const region = regionOfPart(part);
    if (!region || !/^[\x21-\x7e]+$/.test(name) || size === 0 || start < (ends.get(region) ?? 0)) return [];
    ends.set(region, start + size);
    partitions.push({ name, region, start, length: size });
  }
  return partitions;
}

function gptEntryAt(raw: Uint8Array, at: number): StructValue<typeof LegacyGptEntry> | undefined {
  try {
    return LegacyGptEntry.parse(raw, at);
  } catch (error) {
    // A number beyond any storage: these are not the fields of this form.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Caught by the agent, which then reads the table from the storage itself. */
function unusable(seen: string): UnbrickError {
  return new UnbrickError({
    code: 'PARTITION_LIST_UNUSABLE',
    stage: 'agent',
    message: 'The agent has no usable partition list.',
    evidence: [seen],
    next: ['Flash the complete firmware of this phone: it brings the partition table along.'],
  });
}
