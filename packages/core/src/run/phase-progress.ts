import type { EventSink, Phase } from './events.js';

/**
 * Progress of one phase: starts at 0, never goes back, reaches `total` once. Both sides of a transfer may report the same
 * end; the faces see it once.
 */
export class PhaseProgress {
  #last = -1;

  constructor(
    readonly emit: EventSink,
    readonly phase: Phase,
    readonly partition: string | undefined,
    readonly total: number,
  ) {
    this.reach(0);
  }

  /** `bytes` done since the start of the phase. */
  reach(bytes: number): void {
    const reached = Math.min(bytes, this.total);
    if (reached <= this.#last) return;
    this.#last = reached;
    this.emit({
      type: 'progress',
      phase: this.phase,
      ...(this.partition === undefined ? {} : { partition: this.partition }),
      bytes: reached,
      total: this.total,
    });
  }

  done(): void {
    this.reach(this.total);
  }
}
