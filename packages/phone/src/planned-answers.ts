import { BootCommand, LegacyCommand, XflashCommand, XflashControl, XmlCommand } from '@unbrick/core/wire';
import type { FaultPlan } from './faults.js';
import type { Profile } from './profiles/profile.js';

/** A status that the phone gives in place of its own. */
export interface PlannedAnswer {
  /** As in the phone's log: `SEND_DA`, `WRITE_DATA`, `WRITE-FLASH`. */
  command: string;
  /** Which status of the command is the first that is replaced, counted from 1 through one life of the phone. */
  from: number;
  /** A word, or the message of a failed command for agents that speak in sentences. */
  status: number | string;
}

/** What is no command of the host, but has a status too. */
export const ReportName = { FLASH_REPORT: 'FLASH_REPORT', STAGE2_UPLOAD: 'STAGE2_UPLOAD' } as const;

/** @throws RangeError when the text is not `COMMAND:STATUS` or `COMMAND#N:STATUS` */
export function parsePlannedAnswer(text: string): PlannedAnswer {
  const [, command, from = '1', status] = /^([A-Z][A-Z0-9_-]*)(?:#([1-9]\d{0,5}))?:(.+)$/s.exec(text) ?? [];
  if (!command || !status) {
    throw new RangeError(
      'answers needs a command and a status: answers=SEND_DA:0x1D0D, answers=WRITE_DATA#3:0xC0040030',
    );
  }
  const word = Number(status);
  const isWord = Number.isSafeInteger(word) && word >= 0 && word <= 0xffffffff;
  return { command, from: Number(from), status: isWord ? word : status };
}

/** @throws RangeError when a planned answer is one that this phone can never give */
export function checkPlannedAnswers(answers: readonly PlannedAnswer[], profile: Profile): void {
  const { generation } = profile.agent;
  const ofAgent: Record<typeof generation, string[]> = {
    legacy: [...Object.keys(LegacyCommand), ...Object.values(ReportName)],
    xflash: [...Object.keys(XflashCommand), ...Object.keys(XflashControl)],
    xml: Object.values(XmlCommand).map(withoutPrefix),
  };
  for (const { command, status } of answers) {
    const booting = command in BootCommand;
    if (!booting && !ofAgent[generation].includes(command)) {
      throw new RangeError(`${profile.name} knows no command '${command}'; its log (--log FILE) shows those it gets`);
    }
    const speaks = generation === 'xml' && !booting ? 'string' : 'number';
    if (typeof status !== speaks) {
      throw new RangeError(
        `the answer to ${command} is ${speaks === 'string' ? 'a sentence' : 'a number'} on this phone`,
      );
    }
  }
}

/** `READ-FLASH` for `CMD:READ-FLASH`, as the phone's log has it. */
export function withoutPrefix(command: string): string {
  return command.replace(/^CMD:/, '');
}

/** Thrown when a planned answer has been given: the command is over. */
export class AnsweredAsPlanned extends Error {
  override readonly name = 'AnsweredAsPlanned';
  constructor(readonly status: number) {
    super(`answered 0x${status.toString(16)} as planned`);
  }
}

/** Looks over the shoulder of one program on the phone: which status is due to be replaced. */
export class PlannedAnswers {
  readonly #faults: Pick<FaultPlan, 'answers'>;
  readonly #given = new Map<PlannedAnswer, number>();
  #command = '';

  constructor(faults: Pick<FaultPlan, 'answers'>) {
    this.#faults = faults;
  }

  /** The statuses that follow belong to this command. */
  begin(command: string): void {
    this.#command = command;
  }

  /** Called once for each status: the planned word, or nothing when the phone may answer as it likes. */
  word(): number | undefined {
    const status = this.#next();
    return typeof status === 'number' ? status : undefined;
  }

  /** As {@link word}, for agents that speak in sentences. */
  sentence(): string | undefined {
    const status = this.#next();
    return typeof status === 'string' ? status : undefined;
  }

  #next(): number | string | undefined {
    for (const answer of this.#faults.answers) {
      if (answer.command !== this.#command) continue;
      const given = (this.#given.get(answer) ?? 0) + 1;
      this.#given.set(answer, given);
      if (given >= answer.from) return answer.status;
    }
    return undefined;
  }
}
