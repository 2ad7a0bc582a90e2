import type { Plan, PlanStep } from '../plan/plan.js';
import type { BackupFolder } from './backup-folder.js';

/** Lies in the backup folder of the job; one JSON object a line, each put on the medium before the job goes on. */
export const JOURNAL_FILE = 'journal.jsonl';

/** `plan`: a run begins; `proven`: a step of the run's plan, by its number from 0, is done and verified. */
type Line = { plan: Plan } | { proven: number } | { finished: true };

/** What the journal of a job says. */
export interface JournalRecord {
  /** The plan of the last run. */
  plan: Plan;
  /** Steps that were done and verified, as {@link stepKey}. */
  proven: ReadonlySet<string>;
  finished: boolean;
}

/** Tells equal steps of two plans from different ones. */
export function stepKey(step: PlanStep): string {
  const { proven: _, ...what } = step;
  return JSON.stringify(what);
}

/** Writes down what a run has proven. */
export class Journal {
  private constructor(private readonly folder: BackupFolder) {}

  /** Starts the record of a run. Steps of the plan that are marked as proven count as done. */
  static async begin(folder: BackupFolder, plan: Plan): Promise<Journal> {
    const journal = new Journal(folder);
    await journal.#add({ plan });
    return journal;
  }

  /** Ends the record of a job that somebody else has brought to its end. */
  static close(folder: BackupFolder): Promise<void> {
    return new Journal(folder).finish();
  }

  prove(index: number): Promise<void> {
    return this.#add({ proven: index });
  }

  finish(): Promise<void> {
    return this.#add({ finished: true });
  }

  #add(line: Line): Promise<void> {
    return this.folder.appendLine(JOURNAL_FILE, JSON.stringify(line));
  }
}

/** Undefined when the folder has no journal: its job never changed the phone. */
export async function readJournal(folder: BackupFolder): Promise<JournalRecord | undefined> {
  const text = await folder.readText(JOURNAL_FILE);
  if (text === undefined) return undefined;
  let record: { plan: Plan; proven: Set<string>; finished: boolean } | undefined;
  for (const each of text.split('\n')) {
    const line = parseLine(each);
    if (!line) continue;
    if ('plan' in line) {
      const proven = new Set(line.plan.steps.filter((step) => step.proven).map(stepKey));
      record = { plan: line.plan, proven, finished: false };
    } else if (record && 'proven' in line) {
      const step = record.plan.steps[line.proven];
      if (step) record.proven.add(stepKey(step));
    } else if (record) {
      record.finished = true;
    }
  }
  return record;
}

/** The last line of a program that was killed may be cut off, and then says nothing. */
function parseLine(text: string): Line | undefined {
  if (text.trim() === '') return undefined;
  try {
    const line = JSON.parse(text) as Partial<Record<'plan' | 'proven' | 'finished', unknown>>;
    if (Array.isArray((line.plan as Plan | undefined)?.steps)) return { plan: line.plan as Plan };
    if (Number.isInteger(line.proven)) return { proven: line.proven as number };
    return line.finished === true ? { finished: true } : undefined;
  } catch {
    return undefined;
  }
}
