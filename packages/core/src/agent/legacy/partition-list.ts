import { UnbrickError } from '../../errors/unbrick-error.js';
import type { PartitionEntry, PartitionTable, StorageInfo } from '../../storage/storage.js';
import {
  decode,
  hex,
  LegacyByte,
  LegacyCommand,
  LegacyError,
  LegacyGptEntry,
  LegacyPart,
  LegacyPmtEntry,
  LegacyTableState,
  struct,
  text,
  u32,
  u64,
} from '../../wire/index.js';
import type { Conversation } from './conversation.js';
import { regionOfPart } from './regions.js';

/** What the agent answers to SDMMC_READ_PMT. */
export interface PartitionList {
  /** See LegacyTableState. */
  state: number;
  raw: Uint8Array;
}

/** Far more than any agent's buffer. */
const LARGEST_LIST = 0x10000;
/** GPT agents have room for this many entries and cut longer tables off without a word. */
const ROOM_OF_GPT_AGENTS = 40;

/**
 * Asks the agent for its partition list (docs/protocol/legacy-agent.md, "READ_PMT").
 * @throws UnbrickError `PARTITION_TABLE_MISSING` when the phone has none
 */
export async function fetchPartitionList(talk: Conversation): Promise<PartitionList> {
  talk.doing = { stage: 'agent', what: 'reading the partition list of the agent' };
  await talk.sendByte(LegacyCommand.SDMMC_READ_PMT);
  const state = await talk.byte('the state of the partition table');
  if (state === LegacyByte.NACK) {
    const word = await talk.u32('the error word of the agent');
    if (word === LegacyError.PART_NO_VALID_TABLE)
      throw missing('the agent answered 1037 (0x40D) S_PART_NO_VALID_TABLE');
    throw talk.refused(word);
  }
  const size = await talk.u32('the size of the partition list');
  if (size === 0 || size > LARGEST_LIST) {
    // Anything but ACK makes the agent go back to its command loop without sending the list.
    await talk.sendByte(LegacyByte.NACK);
    throw missing(`the agent announced a partition list of ${size} bytes`);
  }
  await talk.sendByte(LegacyByte.ACK);
  const raw = await talk.bytes(size, 'the partition list');
  await talk.sendByte(LegacyByte.ACK);
  return { state, raw };
}

interface ListedPartition {
  name: string;
  start: number;
  size: number;
  /** As LegacyPart. */
  part: number;
}

interface ListForm {
  kind: 'gpt' | 'pmt';
  entrySize: number;
  parse(raw: Uint8Array, offset: number): ListedPartition;
}

const Pmt64Entry = struct('little', { name: text(64), size: u64, offset: u64, mask: u64 });
const Pmt32Entry = struct('little', { name: text(64), size: u32, offset: u32, mask: u32 });

const GPT_FORM: ListForm = {
  kind: 'gpt',
  entrySize: LegacyGptEntry.size,
  parse: (raw, offset) => {
    const { name, start, size, region } = LegacyGptEntry.parse(raw, offset);
    return { name, start, size, part: region };
  },
};
const PMT_FORMS: ListForm[] = [
  {
    kind: 'pmt',
    entrySize: LegacyPmtEntry.size,
    parse: (raw, offset) => {
      const { name, offset: start, size, partId } = LegacyPmtEntry.parse(raw, offset);
      return { name, start, size, part: partId };
    },
  },
  {
    kind: 'pmt',
    entrySize: Pmt64Entry.size,
    parse: (raw, at) => {
      const { name, offset: start, size } = Pmt64Entry.parse(raw, at);
      return { name, start, size, part: LegacyPart.UNKNOWN };
    },
  },
  {
    kind: 'pmt',
    entrySize: Pmt32Entry.size,
    parse: (raw, at) => {
      const { name, offset: start, size } = Pmt32Entry.parse(raw, at);
      return { name, start, size, part: LegacyPart.UNKNOWN };
    },
  },
];

/**
 * Tells the forms of the list apart and turns it into partitions. Two forms have entries of the same size but their fields
 * in another order, so a form counts only when every name is a name and the ranges follow each other without overlap.
 * @throws UnbrickError `PARTITION_TABLE_MISSING` when no form fits
 */
export function parsePartitionList({ state, raw }: PartitionList, storage: StorageInfo): PartitionTable {
  const saysGpt =
    state === LegacyTableState.PRIMARY_GPT ||
    state === LegacyTableState.SECONDARY_GPT ||
    state === LegacyTableState.BOTH_GPT;
  const forms = saysGpt ? [GPT_FORM, ...PMT_FORMS] : [...PMT_FORMS, GPT_FORM];
  for (const form of forms) {
    const listed = entriesIn(form, raw);
    if (!listed) continue;
    const partitions = placed(listed, storage);
    if (!partitions) continue;
    return {
      kind: form.kind,
      source: `the agent's partition list (${form.kind.toUpperCase()}, ${partitions.length} entries)`,
      partitions,
    };
  }
  throw missing(`the agent's partition list (${raw.length} bytes, state ${hex(state, 2)}) has no known form`);
}

/** Whether the agent may have cut the list off, so that the table has to be read from the storage itself. */
export function mayBeCutOff(table: PartitionTable): boolean {
  return table.kind === 'gpt' && table.partitions.length >= ROOM_OF_GPT_AGENTS;
}

function entriesIn(form: ListForm, raw: Uint8Array): ListedPartition[] | undefined {
  if (raw.length % form.entrySize !== 0) return undefined;
  const entries: ListedPartition[] = [];
  try {
    for (let offset = 0; offset < raw.length; offset += form.entrySize) {
      const entry = form.parse(raw, offset);
      // The list ends at the first entry without a name.
      if (decode(u32, 'little', raw, offset) === 0) break;
      if (!/^[A-Za-z][\x20-\x7e]*$/.test(entry.name)) return undefined;
      entries.push(entry);
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return entries.length > 0 ? entries : undefined;
}

function placed(listed: ListedPartition[], storage: StorageInfo): PartitionEntry[] | undefined {
  const partitions = listed.map((entry): PartitionEntry => {
    const region = regionOfPart(entry.part) ?? (/^preloader$/i.test(entry.name) ? 'boot1' : 'user');
    return { name: entry.name, region, start: entry.start, length: entry.size };
  });
  // Some tables count from the first boot area. The MBR is the first sector of the user region by definition.
  const shift = partitions.find(({ name, region }) => region === 'user' && name.toUpperCase() === 'MBR')?.start ?? 0;
  for (const partition of partitions) if (partition.region === 'user') partition.start -= shift;
  const sorted = [...partitions].sort((a, b) => a.start - b.start);
  const ends = new Map<string, number>();
  for (const { region, start, length } of sorted) {
    const size = storage.regions.get(region);
    if (length === 0 || start < (ends.get(region) ?? 0) || size === undefined || start + length > size)
      return undefined;
    ends.set(region, start + length);
  }
  return sorted;
}

function missing(seen: string): UnbrickError {
  return new UnbrickError({
    code: 'PARTITION_TABLE_MISSING',
    stage: 'agent',
    message: 'The phone has no readable partition table.',
    evidence: [seen],
    next: [
      'Flash the complete firmware of this phone: it brings the partition table along.',
      'Do not format anything before the calibration partitions were searched for.',
    ],
  });
}
