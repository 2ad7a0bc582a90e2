import { UnbrickError } from '../../errors/unbrick-error.js';
import {
  concat,
  decode,
  hex,
  LegacyByte,
  LegacyEmmcReport,
  LegacyNandReportHead,
  LegacyNandReportTail,
  LegacyNorReport,
  LegacyRamReport,
  LegacySdReport,
  type StructValue,
  u16,
  u64,
} from '../../wire/index.js';
import type { ChipDialect } from './chip-dialect.js';
import type { Conversation } from './conversation.js';
import { nameOfWord } from './status-words.js';

/** NAND part of the report. `size` in bytes. */
export interface NandReport {
  status: number;
  size: number;
  ids: number[];
  tail: StructValue<typeof LegacyNandReportTail>;
}

/** What stage 2 tells once, unasked, right after it started. */
export interface FlashReport {
  nor: StructValue<typeof LegacyNorReport>;
  nand: NandReport;
  emmc: StructValue<typeof LegacyEmmcReport>;
  sd: StructValue<typeof LegacySdReport>;
  ram: StructValue<typeof LegacyRamReport>;
  /** Blocks of the bad-block pool, on the chips that tell. */
  bmtBlocks?: number;
  downloadStatus: number;
  bootStyle: number;
}

/**
 * Reads the flash report to its end, after which the agent takes commands (docs/protocol/legacy-agent.md, "flash report").
 * @throws UnbrickError `AGENT_OUT_OF_STEP`, `CHIP_REFUSED`, `PHONE_SILENT`
 */
export async function readFlashReport(talk: Conversation, dialect: ChipDialect): Promise<FlashReport> {
  talk.doing = { stage: 'agent', what: 'reading the flash report' };
  const nor = await talk.layout(LegacyNorReport, 'the start of the flash report', talk.timeouts.reportStart);
  const nand = await readNand(talk, dialect.nandSizeBits);
  const emmc = await talk.layout(LegacyEmmcReport, 'the eMMC part of the flash report');
  const sd = await talk.layout(LegacySdReport, 'the SD card part of the flash report');
  const ram = await talk.layout(LegacyRamReport, 'the RAM part of the flash report');
  const bmtBlocks = dialect.tellsBmtBlocks ? await talk.u32('the bad-block pool word') : undefined;
  await waitForPreProcess(talk);
  const downloadStatus = await talk.u32('the download status');
  const bootStyle = await talk.u32('the boot style');
  await checkSoc(talk, dialect);
  return { nor, nand, emmc, sd, ram, ...(bmtBlocks === undefined ? {} : { bmtBlocks }), downloadStatus, bootStyle };
}

/** Head and size in the 64-bit form, up to and with the number of ids. */
const HEAD_64 = LegacyNandReportHead.size + 8 + 2;

async function readNand(talk: Conversation, sizeBits: 32 | 64 | undefined): Promise<NandReport> {
  const what = 'the NAND part of the flash report';
  const shortHead = await talk.bytes(HEAD_64 - 4, what);
  // In the 64-bit form the four bytes read now are the low half of the size and the number of ids.
  let wide = sizeBits === 64;
  let head = shortHead;
  if (sizeBits !== 32) {
    head = concat(shortHead, await talk.bytes(4, what));
    if (sizeBits === undefined) wide = looksWide(head);
  }
  const { status } = LegacyNandReportHead.parse(head);
  const sizeAt = LegacyNandReportHead.size;
  const idCountAt = sizeAt + (wide ? 8 : 4);
  const count = decode(u16, 'big', head, idCountAt);
  if (count > 16) throw talk.outOfStep(`the flash report names ${count} NAND ids`);
  // In the 32-bit form read by trial the first two ids have come along already.
  const early = head.subarray(idCountAt + 2);
  const rest = await talk.bytes(Math.max(0, 2 * count - early.length), what);
  const idBytes = concat(early, rest);
  const ids = Array.from({ length: count }, (_, i) => decode(u16, 'big', idBytes, 2 * i));
  const tail = await talk.layout(LegacyNandReportTail, what);
  try {
    const size = decode(u64, 'big', wide ? head.subarray(sizeAt) : concat(new Uint8Array(4), head.subarray(sizeAt)));
    return { status, size, ids, tail };
  } catch (cause) {
    throw talk.outOfStep(`${what} names an impossible size`, cause);
  }
}

/**
 * For chips nobody has looked at: agents list 5 or 7 ids, so the place that holds such a number tells the form. Both forms
 * send at least this many bytes.
 */
function looksWide(head: Uint8Array): boolean {
  const plausible = (offset: number) => [5, 7].includes(decode(u16, 'big', head, offset));
  return plausible(HEAD_64 - 2) || !plausible(HEAD_64 - 6);
}

async function waitForPreProcess(talk: Conversation): Promise<void> {
  const state = await talk.byte('the security pre-process', talk.timeouts.preProcess);
  if (state === LegacyByte.ACK) return;
  if (state !== LegacyByte.NACK) throw talk.outOfStep(`the security pre-process answered ${hex(state, 2)}`);
  await talk.byte('the end of the first security pre-process', talk.timeouts.preProcessRunning);
}

async function checkSoc(talk: Conversation, dialect: ChipDialect): Promise<void> {
  const soc = await talk.byte('the result of the chip check');
  if (soc === LegacyByte.SOC_OK) return;
  if (soc !== LegacyByte.SOC_FAIL) throw talk.outOfStep(`the chip check answered ${hex(soc, 2)}`);
  throw new UnbrickError({
    code: 'CHIP_REFUSED',
    stage: 'agent',
    message: 'The agent says that it was not made for the chip in this phone.',
    evidence: [`the agent for ${dialect.name} answered SOC_FAIL (0xcf)`],
    next: ['Use the Download Agent that comes with the firmware of this phone.'],
  });
}

/** Every storage the agent looked for and what it found: evidence when no storage can be used. */
export function describeStorage({ nor, nand, emmc, sd }: FlashReport): string[] {
  const found = (name: string, status: number) => `${name}: ${status === 0 ? 'found' : nameOfWord(status)}`;
  return [found('eMMC', emmc.status), found('NAND', nand.status), found('SD', sd.status), found('NOR', nor.status)];
}

/** True when the agent found no storage of any kind. */
export function nothingFound({ nor, nand, emmc, sd }: FlashReport): boolean {
  return [nor.status, nand.status, emmc.status, sd.status].every((status) => status !== 0);
}
