import type { DeviceIdentity } from '../../bootrom/identity.js';
import type { StorageHints } from '../../firmware/scatter/storage-hints.js';
import { ascii, concat, encode, LegacyConfig, LegacySlcRecord, u32 } from '../../wire/index.js';
import type { AgentImage } from '../start.js';
import type { ChipDialect, ExtraWord } from './chip-dialect.js';

/**
 * The 18 bytes every legacy stage 1 reads first (docs/protocol/legacy-agent.md, "fixed part"). Values are those of the
 * vendor's own host, apart from the two version bytes, which are what the boot ROM or preloader said.
 * @param badBlockPool bytes at the end of a NAND that stand in for bad blocks; 0 without NAND
 */
export function fixedConfig(
  identity: Pick<DeviceIdentity, 'bromVersion' | 'bootloaderVersion'>,
  badBlockPool = 0,
): Uint8Array {
  return LegacyConfig.build({
    bromVersion: identity.bromVersion,
    bootloaderVersion: identity.bootloaderVersion,
    norCs0: 0x00,
    norCs1: 0x08,
    nandCs: 0x00,
    nandTiming: 0x7007ffff,
    bmtFlag: 1,
    // Without NAND the agent has no use for it.
    bmtSize: badBlockPool,
    // 2 = decide by the battery.
    forceCharge: 2,
    resetKey: 1,
    // 2 = 26 MHz.
    externalClock: 2,
    msdcBootChannel: 0,
  });
}

/** The bytes of the extra words, in order. */
export function extraConfig(words: readonly ExtraWord[], hints: StorageHints = {}): Uint8Array {
  return concat(...words.map((word) => EXTRA_WORD_BYTES[word](hints)));
}

const EXTRA_WORD_BYTES: Record<ExtraWord, (hints: StorageHints) => Uint8Array> = {
  // 1 = a list of several memory chips; what clients send for every scatter file.
  newCombo: () => encode(u32, 'big', 1),
  // 0 = PMT, with which most phones with this chip left the factory.
  isGptSolution: ({ gpt }) => encode(u32, 'big', gpt ? 1 : 0),
  // 0 = set up DRAM only when the boot stage has not.
  forceEnableDram: () => encode(u32, 'big', 0),
  // 0 = keep the download record.
  skipDownloadInfo: () => encode(u32, 'big', 0),
  // One record that means "no TLC NAND".
  slcBlock: () => concat(encode(u32, 'big', 1), LegacySlcRecord.build({ name: 'FF', percent: 0xff })),
};

export interface ExtraWordsDecision {
  /** Words this agent reads if it reads any. */
  words: readonly ExtraWord[];
  /**
   * `sure`: send `words`. `ask`: the evidence is missing or contradicts itself; wait for the DRAM state word first and send
   * `words` only when it does not come, because a word too many or too few shifts the whole stream.
   */
  certainty: 'sure' | 'ask';
  /** For the log: what decided. */
  why: string;
}

/**
 * Which extra configuration words this agent build reads (docs/protocol/legacy-agent.md, "extra words"). What stands in the
 * stage-1 bytes beats the date of the file: the text comes from the very code that reads the words.
 */
export function decideExtraWords(
  dialect: ChipDialect,
  image: Pick<AgentImage, 'description'> & { stage1: Pick<AgentImage['stage1'], 'bytes'> },
): ExtraWordsDecision {
  const { until2015, since2019, marker2019 } = dialect.extraWords;
  if (sameWords(until2015, since2019)) {
    return { words: since2019, certainty: 'sure', why: `every agent known for ${dialect.name}` };
  }
  if (marker2019 !== undefined && contains(image.stage1.bytes, ascii(marker2019))) {
    return { words: since2019, certainty: 'sure', why: `stage 1 contains '${marker2019}'` };
  }
  const era = eraOf(image.description);
  if (era === 'until2015') {
    return { words: until2015, certainty: 'sure', why: `the agent file is from 2015 or older` };
  }
  return {
    words: since2019,
    certainty: 'ask',
    why:
      era === 'since2019'
        ? `the agent file is from 2019 or newer, but stage 1 does not contain '${marker2019}'`
        : `the date of the agent file '${image.description}' does not tell`,
  };
}

/**
 * The build era told by a container's description: `…_v3.3001.2019-12-31…`, `…2019/06/06…`, or the tool's own
 * year-and-week number `…_v7.1504.00.00`.
 */
export function eraOf(description: string): 'until2015' | 'since2019' | 'unknown' {
  const year =
    Number(/\b(20\d\d)[-/]\d\d[-/]\d\d/.exec(description)?.[1]) ||
    2000 + Number(/v\d+\.(\d\d)[0-5]\d\.\d\d\.\d\d/.exec(description)?.[1] ?? Number.NaN);
  if (year <= 2015) return 'until2015';
  if (year >= 2019) return 'since2019';
  return 'unknown';
}

function sameWords(a: readonly ExtraWord[], b: readonly ExtraWord[]): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}

function contains(haystack: Uint8Array, needle: Uint8Array): boolean {
  const first = needle[0] as number;
  for (let at = haystack.indexOf(first); at >= 0; at = haystack.indexOf(first, at + 1)) {
    if (needle.every((byte, i) => haystack[at + i] === byte)) return true;
  }
  return false;
}
