import { type Stage, UnbrickError } from '../../errors/unbrick-error.js';
import { XmlAck } from '../../wire/index.js';
import { quoted } from './text-channel.js';

/** What was asked for, for messages. */
export interface Asked {
  stage: Stage;
  /** Completes "The agent refused …": "to erase 4096 bytes at 0x0 of user". */
  what: string;
}

/** How a command ended, by the phone's own word. */
export interface CommandEnd {
  /** `OK`, `ERR`, `ERR!UNSUPPORTED`; the only status there is. */
  result: string;
  /** Free text, several sentences or none. */
  message: string;
}

/**
 * The error for a command that the agent did not carry out. The agent waits for the next command then. The message is free
 * text and names the error only: whether there is one is told by the result alone.
 * @param more `dataMoved`: data of the command had crossed the link already
 */
export function refused(
  { result, message }: CommandEnd,
  { stage, what }: Asked,
  more: { evidence?: string[]; dataMoved?: boolean } = {},
): UnbrickError {
  const known = result.startsWith(XmlAck.UNSUPPORTED) ? UNSUPPORTED : explain(message, more.dataMoved === true);
  const said = message.trim() === '' ? 'without a message' : `with the message ${quoted(message.trim())}`;
  return new UnbrickError({
    code: known.code,
    stage: known.stage ?? stage,
    message: known.message ?? `The Download Agent refused ${what}.`,
    evidence: [`asked ${what}, the agent ended with ${quoted(result)} ${said}`, ...(more.evidence ?? [])],
    next: known.next,
  });
}

interface Explanation {
  code: string;
  stage?: Stage;
  message?: string;
  next: string[];
}

const FRESH = [
  'Repeat the job with a freshly started phone.',
  'Use the Download Agent that came with the firmware of this phone.',
];

const UNSUPPORTED: Explanation = {
  code: 'AGENT_COMMAND_UNKNOWN',
  message: 'This build of the Download Agent does not know a command that the job needs.',
  next: ['Use the Download Agent that came with the firmware of this phone, or a newer one for the same chip.'],
};

const STORAGE_FAILED: Explanation = {
  code: 'STORAGE_FAILED',
  message: 'The phone’s memory chip reported an error.',
  next: [
    'Repeat the job once; charge the phone or leave the battery connected.',
    'If it fails again at the same place, the memory chip is worn out: back up what can be read and replace it.',
  ],
};

/** By the agents' own sentences; see docs/protocol/xml-agent.md, "Messages". */
const EXPLANATIONS: readonly (readonly [RegExp, Explanation])[] = [
  [
    /security deny|forbidden/i,
    {
      code: 'SECURITY_REFUSED',
      message: 'The phone’s own security policy forbids this.',
      next: [
        'Use unmodified firmware of the phone’s maker, made for exactly this model.',
        'If the phone is locked, the maker’s own tool or an unlocked boot loader may be needed.',
      ],
    },
  ],
  [
    /not authenticated|locked/i,
    {
      code: 'SLA_REFUSED',
      message: 'The phone does not accept the key: it stays locked.',
      next: ['Use the key that the maker issued for exactly this model.', 'Ask an authorised service point.'],
    },
  ],
  [
    /checksum error/i,
    {
      code: 'DATA_DAMAGED_ON_THE_WAY',
      message: 'Data arrived damaged in the phone, and the agent refused it.',
      next: ['Use another cable and a USB port at the computer itself, without a hub, and repeat the job.'],
    },
  ],
  [
    /dram init fail/i,
    {
      code: 'DRAM_SETUP_FAILED',
      stage: 'dram',
      message: 'The phone’s memory did not start.',
      next: [
        'Use the Download Agent that came with the firmware of exactly this phone: it carries the memory settings.',
        'Connect in preloader mode instead (phone switched off, no key held): there the memory is on already.',
        'Unplug, hold the power key for 15 seconds and repeat once; with an empty battery, charge first.',
      ],
    },
  ],
  [
    /storage init fail/i,
    {
      code: 'STORAGE_INIT_FAILED',
      message: 'The Download Agent runs, but the phone’s storage does not answer.',
      next: [
        'Unplug, hold the power key for 15 seconds, charge the phone for a while and repeat.',
        'Use the Download Agent that came with the firmware of this phone.',
        'If it stays so, the memory chip is dead or has lost contact: a repair shop can tell.',
      ],
    },
  ],
  [
    /data size bigger than|host file size ?\[/i,
    { code: 'IMAGE_TOO_LARGE', next: ['Use the firmware that belongs to this phone and this storage size.'] },
  ],
  [
    /current device storage/i,
    { code: 'STORAGE_MISMATCH', next: ['Use firmware for the kind of storage this phone has.'] },
  ],
  [/erase \[.*\] failed/i, STORAGE_FAILED],
];

function explain(message: string, dataMoved: boolean): Explanation {
  const known = EXPLANATIONS.find(([pattern]) => pattern.test(message));
  if (known) return known[1];
  // The driver's errors come without a message; everything else that ends a transfer says something.
  if (dataMoved && message.trim() === '') return STORAGE_FAILED;
  return { code: 'AGENT_REFUSED', next: FRESH };
}
