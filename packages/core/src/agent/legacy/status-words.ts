import { hex, LegacyError, LegacyNandError } from '../../wire/index.js';
import names from './word-names.json';

/** Names in the field's own spelling; older tools and agents agree on the numbers. */
const NAMES: Readonly<Record<string, string>> = names;

/** A status word as people search for it: `3154 (0xC52) S_DA_SDMMC_WRITE_FAILED`. */
export function nameOfWord(word: number): string {
  const name = NAMES[word] ?? 'a word without a known name';
  return `${word} (0x${hex(word).slice(2).toUpperCase()}) ${name}`;
}

/** What a refusal is about. */
export interface Refusal {
  code: 'AGENT_REFUSED' | 'DATA_DAMAGED_ON_THE_WAY' | 'SECURITY_REFUSED' | 'STORAGE_FAILED' | 'STORAGE_MISMATCH';
  /** What happened, where it can be said better than "refused". */
  message?: string;
  /** What to do, safest first. */
  next: string[];
}

/** The program's own code for a word, and what to do about it. */
export function explainWord(word: number): Refusal {
  if (word >= FIRST_POLICY_WORD && word <= LAST_POLICY_WORD) {
    return {
      code: 'SECURITY_REFUSED',
      message: 'The phone’s own security policy forbids this.',
      next: [
        'This phone only accepts what its maker signed: use the complete firmware package of the maker with the Download Agent and authorisation file that come with it.',
      ],
    };
  }
  if (STORAGE_FAILURES.has(word)) {
    return {
      code: 'STORAGE_FAILED',
      message: 'The phone’s memory chip reported an error.',
      next: [
        'Charge the battery, unplug, hold the power key for 15 seconds and repeat.',
        'If it fails again at the same place, the storage chip is worn out or loose: back up what still reads, then see a repair shop.',
      ],
    };
  }
  switch (word) {
    case LegacyError.PL_VALIDATION_FAIL:
      return {
        code: 'SECURITY_REFUSED',
        next: ['Use the preloader of the firmware made for exactly this phone: its key does not fit this one.'],
      };
    case LegacyError.DA_INVALID_STORAGE_TYPE:
    case STORAGE_NOT_MATCH:
      return { code: 'STORAGE_MISMATCH', next: ['Use firmware for the kind of storage this phone has.'] };
    case LegacyError.DA_DATA_CHECKSUM_ERROR:
      return {
        code: 'DATA_DAMAGED_ON_THE_WAY',
        message: 'Data arrived damaged in the phone, and the agent refused it.',
        next: ['Use another cable and another USB port, without a hub, and repeat.'],
      };
    case LegacyError.DA_INVALID_BEGIN_ADDR:
    case LegacyError.DA_INVALID_RANGE:
      return {
        code: 'AGENT_REFUSED',
        next: ['Use a firmware whose partition layout fits the storage of this phone.'],
      };
    default:
      return {
        code: 'AGENT_REFUSED',
        next: ['Unplug the cable, hold the power key for 15 seconds, plug in again and repeat.'],
      };
  }
}

/** S_SECURITY_SF_…: what the phone's policy forbids. */
const FIRST_POLICY_WORD = 6007;
const LAST_POLICY_WORD = 6019;
const STORAGE_NOT_MATCH = 3183;
/** What the drivers of eMMC, SD card, NAND and UFS say of the chip. */
const STORAGE_FAILURES: ReadonlySet<number> = new Set([
  LegacyError.DA_SDMMC_READ_FAILED,
  LegacyError.DA_SDMMC_WRITE_FAILED,
  LegacyError.DA_SDMMC_CRC,
  LegacyError.DA_SDMMC_TIMEOUT,
  LegacyError.DA_SDMMC_CONFIG,
  LegacyNandError.PAGE_PROGRAM_FAILED,
  LegacyNandError.SPARE_PROGRAM_FAILED,
  LegacyNandError.ERASE_FAILED,
  LegacyNandError.BAD_BLOCK,
  LegacyNandError.ECC_UNCORRECTABLE,
  3106, // S_DA_NAND_PAGE_READ_FAILED
  3160, // S_DA_UFS_CONFIG_FAILED and its relatives
  3161,
  3162,
  3163,
]);
