import type { ScatterProblem } from './scatter.js';

/** Findings of one kind that are told singly; the rest is counted, so that a ruined file does not bury its reader. */
const TOLD_SINGLY = 20;

/** Collects what is odd in a scatter file while it is read. */
export class ScatterProblems {
  readonly #problems: ScatterProblem[] = [];
  readonly #counts = new Map<string, number>();

  warn(line: number, code: string, message: string): void {
    this.#add({ line, severity: 'warning', code, message });
  }

  /** An error when it touches a partition that would be written by default, else a warning. */
  tell(line: number, ticked: boolean, code: string, message: string): void {
    this.#add({ line, severity: ticked ? 'error' : 'warning', code, message });
  }

  /** All of them in the order of the file. */
  list(): ScatterProblem[] {
    const problems = [...this.#problems];
    for (const [key, count] of this.#counts) {
      if (count <= TOLD_SINGLY) continue;
      const [severity, code] = key.split(' ') as ['warning' | 'error', string];
      const last = problems.findLast((each) => each.code === code && each.severity === severity) as ScatterProblem;
      problems.push({ line: last.line, severity, code, message: `There are ${count - TOLD_SINGLY} more like this.` });
    }
    // Stable, so a summary stays behind what it sums up.
    return problems.sort((a, b) => a.line - b.line);
  }

  #add(problem: ScatterProblem): void {
    const key = `${problem.severity} ${problem.code}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count <= TOLD_SINGLY) this.#problems.push(problem);
  }
}
