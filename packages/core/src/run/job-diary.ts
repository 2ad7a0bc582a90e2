import { UnbrickError } from '../errors/unbrick-error.js';
import type { Plan } from '../plan/plan.js';
import type { BackupFolder, BackupShelf } from './backup-folder.js';
import { Journal } from './journal.js';
import type { RunDiary } from './run-plan.js';
import type { PhoneMark } from './same-phone.js';
import { closeUnfinished } from './unfinished-job.js';

/** Keeps the journal of a job in its backup folder, and the shelf's note that the job is under way. */
export class JobDiary implements RunDiary {
  #journal: Journal | undefined;
  #failed = false;

  constructor(
    private readonly shelf: BackupShelf,
    /** Absent when the job has nothing to keep. */
    private readonly folder: BackupFolder | undefined,
    private readonly plan: Plan,
    private readonly phone: PhoneMark,
    private readonly onNote: (message: string) => void,
  ) {}

  async beforeChange(): Promise<void> {
    if (!this.folder) return;
    try {
      // First the journal, then the note that leads to it: a note without a journal would be about nothing.
      this.#journal = await Journal.begin(this.folder, this.plan);
      await this.shelf.begin(this.folder.path, this.phone);
    } catch (cause) {
      // A journal that stays open would be about a job that never changed anything.
      await this.#journal?.finish().catch(() => {});
      throw new UnbrickError({
        code: 'BACKUP_FAILED',
        stage: 'backup',
        message: 'What this job does cannot be written down. Nothing was written to the phone.',
        evidence: [reason(cause), `the backup: ${this.folder.path}`],
        next: ['Make room on the disk, or choose another folder for the backup; then repeat the command.'],
        cause,
      });
    }
  }

  async proven(index: number): Promise<void> {
    await this.#writeDown(() => this.#journal?.prove(index));
  }

  async finished(): Promise<void> {
    await this.#writeDown(async () => {
      await this.#journal?.finish();
      if (this.folder) await this.shelf.finish(this.folder.path);
      await closeUnfinished(this.shelf, this.phone);
    });
  }

  /** A disk that fills up must not leave the phone half-written: the job goes on, and a later one repeats what is not noted. */
  async #writeDown(work: () => Promise<void> | undefined): Promise<void> {
    try {
      await work();
    } catch (cause) {
      if (this.#failed) return;
      this.#failed = true;
      this.onNote(`The journal of the job cannot be written any more (${reason(cause)}); the job goes on without it.`);
    }
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
