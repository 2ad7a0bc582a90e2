import { type Stage, UnbrickError } from '../errors/unbrick-error.js';

/** Keeps the calls of an agent apart: two conversations on one link would write garbage to the phone. */
export class OneAtATime {
  #running: string | undefined;

  /** Runs `work` unless another call still runs. @throws UnbrickError `AGENT_BUSY` */
  async run<T>(name: string, stage: Stage, work: () => Promise<T>): Promise<T> {
    this.begin(name, stage);
    try {
      return await work();
    } finally {
      this.end();
    }
  }

  /** For calls that are iterations: `end` belongs into their `finally`. @throws UnbrickError `AGENT_BUSY` */
  begin(name: string, stage: Stage): void {
    if (this.#running !== undefined) {
      throw new UnbrickError({
        code: 'AGENT_BUSY',
        stage,
        message: `The Download Agent was asked to ${name} while another call still runs.`,
        evidence: [`running: ${this.#running}`],
        next: ['This is a mistake in the calling program: wait for each call, and end each iteration.'],
      });
    }
    this.#running = name;
  }

  end(): void {
    this.#running = undefined;
  }
}
