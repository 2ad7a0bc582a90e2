import type { Finding } from '../preflight/finding.js';
import { hasBlocker, liftFindings } from '../preflight/verdict.js';
import type { EventSink } from './events.js';
import type { Outcome } from './outcome.js';

/** What ends a job early without being an error of the program. */
export class JobEnd extends Error {
  constructor(readonly outcome: Outcome) {
    super(outcome);
  }
}

/** Tells findings as they come and ends the job when one of them blocks it. */
export class Judge {
  #blocked = false;

  /** @param gather only look: go on after a blocker as far as there is something to be seen */
  constructor(
    private readonly emit: EventSink,
    private readonly lifted: readonly string[],
    private readonly gather = false,
  ) {}

  /** True once a blocker was told. */
  get blocked(): boolean {
    return this.#blocked;
  }

  isLifted(code: string): boolean {
    return this.lifted.some((each) => each.toUpperCase() === code);
  }

  /**
   * @param fatal nothing can be looked at behind these blockers
   * @throws JobEnd `blocked`
   */
  judge(findings: readonly Finding[], fatal = false): void {
    const judged = liftFindings(findings, this.lifted);
    for (const finding of judged) this.emit({ type: 'finding', ...finding });
    if (!hasBlocker(judged)) return;
    this.#blocked = true;
    if (fatal || !this.gather) throw new JobEnd('blocked');
  }
}
