import { UnbrickError } from '../../errors/unbrick-error.js';
import type { EmiTable } from '../../firmware/emi-table.js';
import {
  EMI_APPLY,
  encode,
  hex,
  hexBytes,
  LegacyByte,
  LegacyCommand,
  struct,
  sum16,
  u8,
  u32,
  u64,
} from '../../wire/index.js';
import type { AgentStartOptions } from '../start.js';
import type { ChipDialect } from './chip-dialect.js';
import { eraOf } from './config-words.js';
import type { Conversation } from './conversation.js';
import {
  candidatesFor,
  describeIds,
  describeTable,
  type EmiCandidates,
  listFor,
  type StorageIds,
} from './emi-choice.js';
import { nameOfWord } from './status-words.js';

/** What follows a successful set-up. */
const ExternalRam = struct('big', { type: u8, chipSelect: u8, size: u64 });

const PRELOADER_MODE =
  'Unplug the cable, hold the power key for 15 seconds, then connect in preloader mode instead of BROM if the phone still has a working preloader (no volume key pressed while plugging in): then the phone sets up its memory itself.';
const OTHER_VARIANT =
  'Use the firmware variant made for this memory: the same model is often built with several memory chips, each with its own preloader.';
const OTHER_WAYS = [PRELOADER_MODE, OTHER_VARIANT, 'Nothing was written to the phone: it is as it was before.'];

/** Everything the set-up of the memory needs to know. */
export interface DramSetup {
  dialect: ChipDialect;
  ids: StorageIds;
  emi?: EmiTable | undefined;
  description: string;
  onNote?: AgentStartOptions['onNote'];
  onProgress?: AgentStartOptions['onProgress'];
}

/**
 * Sets up the phone's memory after the agent said that it is not ready (docs/protocol/legacy-agent.md, "enabling DRAM").
 * @returns the size of the memory in bytes
 * @throws UnbrickError stage `dram`: `EMI_TABLE_MISSING`, `EMI_NO_MATCH`, `EMI_VERSION_MISMATCH`, `DRAM_SETUP_FAILED`,
 * `CHIP_UNSUPPORTED`
 */
export async function setUpDram(talk: Conversation, setup: DramSetup): Promise<number> {
  talk.doing = { stage: 'dram', what: 'setting up the memory of the phone' };
  await readStorageIds(talk);
  return enableDram(talk, setup);
}

/**
 * The set-up from ENABLE_DRAM on, which agents of one stage take in their command loop.
 * @throws as {@link setUpDram}
 */
export async function enableDram(talk: Conversation, setup: DramSetup): Promise<number> {
  talk.doing = { stage: 'dram', what: 'setting up the memory of the phone' };
  const { dialect, emi } = setup;
  const phone = `memory id of the phone: ${describeIds(setup.ids)}`;
  if (!emi) {
    throw new UnbrickError({
      code: 'EMI_TABLE_MISSING',
      stage: 'dram',
      message: 'The phone was caught in BROM, where its memory is not set up, and no memory settings are at hand.',
      evidence: [phone, 'no preloader file with a memory table was given'],
      next: [
        'Give the firmware folder that holds the preloader file (preloader_*.bin) made for this phone.',
        PRELOADER_MODE,
      ],
    });
  }
  if (!dialect.emi) {
    throw new UnbrickError({
      code: 'CHIP_UNSUPPORTED',
      stage: 'dram',
      message: `How the agent of ${dialect.name} takes memory settings is not known.`,
      evidence: [phone],
      next: [PRELOADER_MODE],
    });
  }
  const evidence = [phone, describeTable(emi)];
  const candidates = candidatesFor(emi, setup.ids);
  if (candidates.matching.length + candidates.discrete.length === 0) {
    throw new UnbrickError({
      code: 'EMI_NO_MATCH',
      stage: 'dram',
      message: 'The preloader of this firmware has no settings for the memory chip of this phone.',
      evidence,
      next: [OTHER_VARIANT, PRELOADER_MODE],
    });
  }
  setup.onProgress?.('dram', 0, emi.itemSize);
  try {
    const exchange = dialect.emi.exchange;
    await offerVersion(talk, emi, dialect, evidence);
    const data =
      exchange === 'list'
        ? await agreeOnList(talk, setup, emi, candidates)
        : await agreeOnRecord(talk, setup, emi, candidates);
    await handOver(talk, data);
    const size = await apply(talk);
    setup.onProgress?.('dram', emi.itemSize, emi.itemSize);
    setup.onNote?.(`memory set up: ${size / 2 ** 20} MiB`);
    return size;
  } catch (error) {
    // An agent whose calibration fails halts without a word.
    if (error instanceof UnbrickError && error.code === 'PHONE_SILENT') {
      throw failed([...evidence, ...error.evidence, error.message], error);
    }
    if (error instanceof UnbrickError && error.code === 'DRAM_SETUP_FAILED') throw error.with({ evidence });
    throw error;
  }
}

/** The ids once more; stage 1 repeats what the probe said, the CID as a raw memory dump. */
async function readStorageIds(talk: Conversation): Promise<void> {
  await talk.bytes(4 + 16 + 4, 'the storage ids before the memory set-up');
  await talk.bytes(2 * (await talk.u16('the number of NAND ids')), 'the NAND ids');
}

async function offerVersion(
  talk: Conversation,
  emi: EmiTable,
  dialect: ChipDialect,
  evidence: string[],
): Promise<void> {
  await talk.send(Uint8Array.of(LegacyCommand.ENABLE_DRAM), encode(u32, 'big', emi.version));
  const answer = await talk.byte('the answer to the version of the memory table');
  if (answer === LegacyByte.ACK) return;
  if (answer !== LegacyByte.NACK)
    throw talk.outOfStep(`the answer to the memory table's version was ${hex(answer, 2)}`);
  // A refusal does not end the exchange: the agent still sends what it would have sent and waits for one byte.
  const skipped = dialect.emi?.exchange === 'single-with-id' ? 16 : 0;
  let itemSize = 0;
  try {
    await talk.bytes(skipped, 'the storage id');
    itemSize = await talk.u32('the size of a memory record');
    await talk.sendByte(LegacyByte.NACK);
  } catch {
    // The refusal is what counts; the phone has to be power-cycled in any case.
  }
  throw new UnbrickError({
    code: 'EMI_VERSION_MISMATCH',
    stage: 'dram',
    message: `The agent does not take version ${emi.version} of the memory settings.`,
    evidence: [
      ...evidence,
      `agents of ${dialect.name} take version ${dialect.emi?.versions.join(' or ')}`,
      ...(itemSize ? [`the agent wants records of ${itemSize} bytes, the table has records of ${emi.itemSize}`] : []),
    ],
    next: [
      'Use the Download Agent that comes with this firmware.',
      'Use the preloader file made for this chip: a preloader of another chip has other memory settings.',
      PRELOADER_MODE,
    ],
  });
}

/** Variant "list": the agent picks the record itself. */
async function agreeOnList(
  talk: Conversation,
  setup: DramSetup,
  emi: EmiTable,
  candidates: EmiCandidates,
): Promise<Uint8Array> {
  const itemSize = await talk.u32('the size of a memory record');
  if (itemSize !== emi.itemSize) throw await recordSizeMismatch(talk, itemSize, emi);
  const data = listFor(emi, candidates, mostItems(setup));
  await talk.send(Uint8Array.of(LegacyByte.ACK), encode(u32, 'big', data.length));
  return data;
}

/** Variants "single": the host picks the record. */
async function agreeOnRecord(
  talk: Conversation,
  setup: DramSetup,
  emi: EmiTable,
  candidates: EmiCandidates,
): Promise<Uint8Array> {
  const entry = candidates.matching[0] ?? candidates.discrete[0];
  if (!entry) throw new RangeError('no candidate');
  if (candidates.matching.length === 0 && candidates.discrete.length > 1) {
    setup.onNote?.(
      `the first of ${candidates.discrete.length} discrete memory settings is used; the storage id cannot tell which is right`,
    );
  }
  if (setup.dialect.emi?.exchange === 'single-with-id') await talk.bytes(16, 'the storage id');
  const itemSize = await talk.u32('the size of a memory record');
  // Tables may carry fields an older agent does not know; they stand at the end of the record.
  if (itemSize > entry.bytes.length) throw await recordSizeMismatch(talk, itemSize, emi);
  await talk.sendByte(LegacyByte.ACK);
  return entry.bytes.subarray(0, itemSize);
}

async function recordSizeMismatch(talk: Conversation, itemSize: number, emi: EmiTable): Promise<UnbrickError> {
  await talk.sendByte(LegacyByte.NACK);
  return new UnbrickError({
    code: 'EMI_VERSION_MISMATCH',
    stage: 'dram',
    message: 'The agent wants memory settings of another layout.',
    evidence: [`the agent wants records of ${itemSize} bytes, ${emi.fileName} has records of ${emi.itemSize}`],
    next: ['Use the Download Agent that comes with this firmware.', PRELOADER_MODE],
  });
}

async function handOver(talk: Conversation, data: Uint8Array): Promise<void> {
  await talk.send(data);
  const theirs = await talk.u16('the checksum of the memory settings');
  const ours = sum16(data);
  if (theirs !== ours) {
    await talk.sendByte(LegacyByte.NACK);
    throw failed([`the agent received checksum ${hex(theirs, 4)}, sent was ${hex(ours, 4)}: the cable loses data`]);
  }
  await talk.send(Uint8Array.of(LegacyByte.ACK), encode(u32, 'big', EMI_APPLY));
}

async function apply(talk: Conversation): Promise<number> {
  const result = await talk.u32('the result of the memory set-up');
  if (result !== 0) throw failed([`the agent answered ${nameOfWord(result)}`]);
  return (await talk.layout(ExternalRam, 'the size of the memory')).size;
}

/** More items than the agent has room for hang it without a reply. */
function mostItems({ dialect, description }: DramSetup): number {
  if (eraOf(description) !== 'since2019') return 8;
  return dialect.hwCodes.includes(0x6580) ? 20 : 10;
}

function failed(evidence: string[], cause?: unknown): UnbrickError {
  return new UnbrickError({
    code: 'DRAM_SETUP_FAILED',
    stage: 'dram',
    message: 'The memory of the phone could not be set up (4032 S_FT_ENABLE_DRAM_FAIL).',
    evidence,
    next: OTHER_WAYS,
    cause,
  });
}

/** MT6592 tells five words about its memory whenever it is ready; nothing depends on them. */
export async function readDramWords(talk: Conversation): Promise<string> {
  return concatWords(await talk.bytes(20, 'the memory words of the phone'));
}

function concatWords(raw: Uint8Array): string {
  return Array.from({ length: raw.length / 4 }, (_, i) => hexBytes(raw.subarray(i * 4, i * 4 + 4))).join(' ');
}
