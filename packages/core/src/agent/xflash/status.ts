import { type Stage, UnbrickError } from '../../errors/unbrick-error.js';
import { hex, XflashStatus } from '../../wire/index.js';
import names from './status-names.json';

const NAMES = names as unknown as Record<string, readonly [name: string, meaning: string]>;

/** `0xC0040003 CHECKSUM_ERROR (a chunk arrived damaged)`; the bare number when nobody has described the code. */
export function describeStatus(status: number): string {
  const code = `0x${hex(status, 8).slice(2).toUpperCase()}`;
  const known = NAMES[code];
  return known ? `${code} ${known[0]} (${known[1]})` : `${code} (not in any list of status codes)`;
}

/** What was asked for when the agent refused. */
export interface Asked {
  stage: Stage;
  /** Completes "The agent refused …": "to erase cache". */
  what: string;
  evidence?: string[];
}

/** The error for a status that is not success. After it the agent waits for the next command. */
export function refused(status: number, { stage, what, evidence = [] }: Asked): UnbrickError {
  const { code, message, next } = explain(status);
  return new UnbrickError({
    code,
    stage,
    message: message ?? `The Download Agent refused ${what}.`,
    evidence: [`asked ${what}, the agent answered ${describeStatus(status)}`, ...evidence],
    next,
  });
}

interface Explanation {
  code: string;
  message?: string;
  next: string[];
}

function explain(status: number): Explanation {
  switch (status) {
    case XflashStatus.READ_PARTITION_TABLE_FAILED:
    case XflashStatus.NO_GPT:
      return {
        code: 'PARTITION_TABLE_NEEDED',
        message:
          'The phone has no valid partition table (GPT), and without one this Download Agent writes nothing to the user area.',
        next: [
          'Write the partition table first (PGPT, then SGPT of the same firmware); after that ordinary writes work.',
          'If the phone had a table before, its memory chip may be failing: make a backup of what can still be read.',
        ],
      };
    case XflashStatus.CHECKSUM_ERROR:
      return {
        code: 'DATA_DAMAGED_ON_THE_WAY',
        message: 'Data arrived damaged in the phone, and the agent refused it.',
        next: ['Use another cable and a USB port at the computer itself, without a hub, and repeat the job.'],
      };
    case XflashStatus.IMAGE_TOO_LARGE:
      return { code: 'IMAGE_TOO_LARGE', next: ['Use the firmware that belongs to this phone and this storage size.'] };
    case XflashStatus.INVALID_STORAGE:
      return { code: 'STORAGE_MISMATCH', next: ['Use firmware for the kind of storage this phone has.'] };
  }
  const domain = (status >>> 16) & 0xfff;
  if (domain === SECURITY_DOMAIN) {
    return {
      code: 'SECURITY_REFUSED',
      message: 'The phone’s own security policy forbids this.',
      next: [
        'Use unmodified firmware of the phone’s maker, made for exactly this model.',
        'If the phone is locked, the maker’s own tool or an unlocked boot loader may be needed.',
      ],
    };
  }
  if (STORAGE_DRIVER_CODES.has(status)) {
    return {
      code: 'STORAGE_FAILED',
      message: 'The phone’s memory chip reported an error.',
      next: [
        'Repeat the job once; charge the phone or leave the battery connected.',
        'If it fails again at the same place, the memory chip is worn out: back up what can be read and replace it.',
      ],
    };
  }
  return {
    code: 'AGENT_REFUSED',
    next: [
      'Repeat the job with a freshly started phone.',
      'Use the Download Agent that came with the firmware of this phone.',
    ],
  };
}

const SECURITY_DOMAIN = 0x002;
/** Errors of the eMMC, NAND and UFS drivers. */
const STORAGE_DRIVER_CODES: ReadonlySet<number> = new Set([
  0xc0040030, 0xc0040040, 0xc0040041, 0xc0040042, 0xc0040043, 0xc0040044, 0xc0040045, 0xc0040046, 0xc0040060,
]);
