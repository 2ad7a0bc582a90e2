import { UnbrickError } from '../../errors/unbrick-error.js';
import type { Link } from '../../link/link.js';
import { bytes, hex, hexBytes, LegacyByte, latin1, struct, u8, u32 } from '../../wire/index.js';
import type { AgentStartOptions, StartAgent } from '../start.js';
import { readBadBlocks } from './bad-blocks.js';
import { type ChipDialect, dialectOf, USUAL_NAND_POOL } from './chip-dialect.js';
import { decideExtraWords, extraConfig, fixedConfig } from './config-words.js';
import { Conversation } from './conversation.js';
import { type DramSetup, enableDram, readDramWords, setUpDram } from './dram.js';
import { naturalCid, type StorageIds, swapWords } from './emi-choice.js';
import { type FlashReport, readFlashReport } from './flash-report.js';
import { LegacyAgent } from './legacy-agent.js';
import { offerNandTable } from './nand-table.js';
import { uploadStage2 } from './stage2-upload.js';
import { storageOf } from './storage-of-report.js';
import { LEGACY_TIMEOUTS, type LegacyTimeouts } from './timeouts.js';

/** DRAM state: the boot stage has set it up. Every other word means "settings, please". */
const DRAM_READY = 0;
const UNKNOWN_BASEBAND = 0xff;

const EmmcProbe = struct('big', { status: u32, cid: bytes(16) });
const AgentVersion = struct('big', { major: u8, minor: u8, baseband: u8 });

/**
 * Takes over a link on which a legacy stage 1 has just been started with JUMP_DA: configuration, memory, second stage, flash
 * report (docs/protocol/legacy-agent.md, "big picture").
 * @throws UnbrickError stage `agent`, `dram` or `agent-upload`: `AGENT_SILENT`, `CHIP_UNSUPPORTED`, `CHIP_REFUSED`,
 * `EMI_TABLE_MISSING`, `EMI_NO_MATCH`, `EMI_VERSION_MISMATCH`, `DRAM_SETUP_FAILED`, `AGENT_STAGE2_REFUSED`,
 * `STORAGE_UNSUPPORTED`, `AGENT_OUT_OF_STEP`, `PHONE_SILENT`, `PHONE_GONE`
 */
export const startLegacyAgent: StartAgent = (link, options) => startWithTimeouts(link, options, LEGACY_TIMEOUTS);

/** {@link startLegacyAgent} with other patience; the agent keeps it for its whole life. */
export async function startWithTimeouts(
  link: Link,
  options: AgentStartOptions,
  timeouts: Readonly<LegacyTimeouts>,
): Promise<LegacyAgent> {
  const { identity } = options;
  const dialect = dialectFor(identity.hwCode, options.onNote);
  const talk = new Conversation(link, timeouts);
  await waitForSync(talk);
  const start = dialect.oneStage ? startOneStage : startTwoStages;
  const { report, ids, ramSize, poolSize } = await start(talk, dialect, options);
  const storage = storageOf(report, { cid: ids.cid, ramSize, poolSize });
  if (storage.nand) {
    const replaced = await readBadBlocks(talk);
    if (replaced) {
      storage.nand.replacedBlocks = replaced.length;
      options.onNote?.(`The NAND has ${replaced.length} bad blocks, which the agent replaces from its pool.`);
    }
  }
  return new LegacyAgent(talk, { version: options.image.description, storage, onNote: options.onNote });
}

/** What the start of an agent has found out. */
interface Started {
  report: FlashReport;
  ids: StorageIds;
  /** Bytes, 0 when the memory was on already. */
  ramSize: number;
  /** Bytes of the bad-block pool that the agent was told. */
  poolSize: number;
}

async function startTwoStages(talk: Conversation, dialect: ChipDialect, options: AgentStartOptions): Promise<Started> {
  const { identity, image } = options;
  const ids = await probe(talk);
  await checkVersion(talk, dialect);
  const poolSize = ids.nandId.length > 0 ? poolFor(dialect, options) : 0;
  await talk.send(fixedConfig(identity, poolSize));
  let ramSize = 0;
  if ((await configureAndAskForDram(talk, dialect, options)) !== DRAM_READY) {
    ramSize = await setUpDram(talk, dramSetup(dialect, ids, options));
  }
  if (dialect.tellsDramWords) options.onNote?.(`memory words: ${await readDramWords(talk)}`);
  await uploadStage2(talk, image.stage2, options.onProgress);
  const report = await readFlashReport(talk, dialect);
  if (report.emmc.status === 0) noteOddCid(report.emmc.cid, ids.cid, options.onNote);
  return { report, ids, ramSize, poolSize };
}

/** MT6573, MT6575, MT6577 (docs/protocol/legacy-agent.md, "V3 sync"). */
async function startOneStage(talk: Conversation, dialect: ChipDialect, options: AgentStartOptions): Promise<Started> {
  const { identity, image } = options;
  await checkVersion(talk, dialect);
  const poolSize = poolFor(dialect, options);
  await talk.send(fixedConfig(identity, poolSize));
  await offerNandTable(talk, image.stage2.bytes, options.onProgress);
  const report = await readFlashReport(talk, dialect);
  const nandId = Uint8Array.from(report.nand.status === 0 ? report.nand.ids : [], (id) => id & 0xff);
  const ids = { cid: naturalCid(report.emmc.cid), nandId };
  // The boot stage tells the agent whether memory is on, and the report tells the host.
  const ready = report.ram.externalStatus === 0;
  const ramSize = ready ? 0 : await enableDram(talk, dramSetup(dialect, ids, options));
  return { report, ids, ramSize, poolSize };
}

function poolFor(dialect: ChipDialect, { hints }: AgentStartOptions): number {
  return hints?.badBlockPool ?? dialect.nandPool ?? USUAL_NAND_POOL;
}

function dramSetup(dialect: ChipDialect, ids: StorageIds, options: AgentStartOptions): DramSetup {
  const { emi, image, onNote, onProgress } = options;
  return {
    dialect,
    ids,
    emi,
    description: image.description,
    ...(onNote ? { onNote } : {}),
    ...(onProgress ? { onProgress } : {}),
  };
}

function dialectFor(hwCode: number, onNote: AgentStartOptions['onNote']): ChipDialect {
  const dialect = dialectOf(hwCode);
  if (dialect) return dialect;
  onNote?.(`no agent for hw_code ${hex(hwCode, 4)} was ever looked at; the common dialect is tried`);
  return { name: hex(hwCode, 4), hwCodes: [hwCode], extraWords: { until2015: [], since2019: [] } };
}

/** Everything before the sync byte is noise of the boot stage. */
async function waitForSync(talk: Conversation): Promise<void> {
  talk.doing = { stage: 'agent', what: 'waiting for the agent to start' };
  const deadline = performance.now() + talk.timeouts.sync;
  const discarded: number[] = [];
  try {
    for (;;) {
      const byte = await talk.byte('its sync byte', Math.max(0, deadline - performance.now()));
      if (byte === LegacyByte.SYNC) return;
      if (discarded.length < 32) discarded.push(byte);
    }
  } catch (error) {
    if (!(error instanceof UnbrickError) || error.code !== 'PHONE_SILENT') throw error;
    throw new UnbrickError({
      code: 'AGENT_SILENT',
      stage: 'agent',
      message: 'The agent was sent to the phone and started, but does not speak.',
      evidence: [
        `no sync byte (0xc0) within ${talk.timeouts.sync} ms`,
        ...(discarded.length ? [`seen instead: ${hexBytes(Uint8Array.from(discarded))}`] : []),
      ],
      next: [
        'Unplug the cable, hold the power key for 15 seconds, plug in again and repeat.',
        'Use the Download Agent that comes with the firmware of this phone.',
      ],
      cause: error,
    });
  }
}

/** The storage probe of stage 1. */
async function probe(talk: Conversation): Promise<StorageIds> {
  talk.doing = { stage: 'agent', what: 'reading which storage the phone has' };
  const nandStatus = await talk.u32('the NAND state');
  const idCount = await talk.u16('the number of NAND ids');
  if (idCount > 16) throw talk.outOfStep(`the agent names ${idCount} NAND ids`);
  const raw = await talk.bytes(2 * idCount, 'the NAND ids');
  const { cid } = await talk.layout(EmmcProbe, 'the eMMC id');
  await talk.sendByte(LegacyByte.ACK);
  // One byte a word.
  const nandId = nandStatus === 0 ? raw.filter((_, i) => i % 2 === 1) : new Uint8Array(0);
  return { cid, nandId };
}

async function checkVersion(talk: Conversation, dialect: ChipDialect): Promise<void> {
  const { baseband } = await talk.layout(AgentVersion, 'the version of the agent');
  if (baseband !== UNKNOWN_BASEBAND) return;
  throw new UnbrickError({
    code: 'CHIP_REFUSED',
    stage: 'agent',
    message: 'The agent does not know the chip of this phone (3087 S_DA_UNSUPPORTED_BBCHIP).',
    evidence: [`the agent was started as the one for ${dialect.name} and answered with chip index 0xff`],
    next: ['Use the Download Agent that comes with the firmware of this phone.'],
  });
}

/**
 * The configuration after its fixed part, up to the DRAM state word. The vendor's host sleeps a second before the extra
 * words; stage 1 reads them from its FIFO whenever it gets there, so nothing has to be waited for.
 */
async function configureAndAskForDram(
  talk: Conversation,
  dialect: ChipDialect,
  { image, hints, onNote }: AgentStartOptions,
): Promise<number> {
  talk.doing = { stage: 'agent', what: 'configuring the agent' };
  const { words, certainty, why } = decideExtraWords(dialect, image);
  if (certainty === 'ask' && words.length > 0) {
    onNote?.(`waiting whether the agent wants ${words.join(', ')}: ${why}`);
    const early = await stateWordWithoutExtras(talk);
    if (early !== undefined) return early;
  }
  if (words.length > 0) {
    onNote?.(`sending ${words.join(', ')}: ${why}`);
    await talk.send(extraConfig(words, hints));
  }
  return checkState(talk, await talk.u32('the state of the memory'));
}

async function stateWordWithoutExtras(talk: Conversation): Promise<number | undefined> {
  try {
    return await checkState(talk, await talk.u32('the state of the memory', talk.timeouts.extraWords));
  } catch (error) {
    if (error instanceof UnbrickError && error.code === 'PHONE_SILENT') return undefined;
    throw error;
  }
}

/** Words above 0xBB8 and below 0x1000 are the agents' own; anything else is an agent that crashed and prints text. */
async function checkState(talk: Conversation, state: number): Promise<number> {
  if (state === DRAM_READY || (state > 0xbb8 && state < 0x1000)) return state;
  const text = latin1((await talk.leftovers(100)).map((byte) => byte || 0x20)).trim();
  throw talk.outOfStep(
    `the state of the memory was ${hex(state, 8)}${text ? `, then the phone sent: ${text.slice(0, 200)}` : ''}`,
  );
}

function noteOddCid(reported: Uint8Array, probed: Uint8Array, onNote: AgentStartOptions['onNote']): void {
  const forms = [hexBytes(probed), hexBytes(swapWords(probed))];
  if (!forms.includes(hexBytes(reported))) {
    onNote?.(`the flash report has another eMMC id (${hexBytes(reported)}) than the probe (${forms[0]})`);
  }
}
