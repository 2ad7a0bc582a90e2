import type { Plan } from '../plan/plan.js';
import type { BackupFolder, BackupShelf } from './backup-folder.js';
import { Journal } from './journal.js';
import type { RunDiary } from './run-plan.js';
import type { PhoneMark } from './same-phone.js';
import { closeUnfinished } from './unfinished-job.js';

/** Keeps the journal of a job in its backup folder, and the shelf's note that the job is under way. */
export class JobDiary implements RunDiary {
  #journal: Journal | undefined;

  constructor(
    private readonly shelf: BackupShelf,
    /** Absent when the job has nothing to keep. */
    private readonly folder: BackupFolder | undefined,
    private readonly plan: Plan,
    private readonly phone: PhoneMark,
  ) {}

  async beforeChange(): Promise<void> {
    if (!this.folder) return;
    // First the journal, then the note that leads to it: a note without a journal would be about nothing.
    this.#journal = await Journal.begin(this.folder, this.plan);
    await this.shelf.begin(this.folder.path, this.phone);
  }

  async proven(index: number): Promise<void> {
    await this.#journal?.prove(index);
  }

  async finished(): Promise<void> {
    await this.#journal?.finish();
    if (this.folder) await this.shelf.finish(this.folder.path);
    await closeUnfinished(this.shelf, this.phone);
  }
}
