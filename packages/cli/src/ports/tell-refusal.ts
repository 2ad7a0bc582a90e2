import { type Observe, UnbrickError } from '@unbrick/core';

/** Tells an observer of a port that is there and cannot be had, and who holds it. */
export function tellRefusal(error: unknown, port: string, observe: Observe | undefined): void {
  if (!(error instanceof UnbrickError) || error.code === 'PORT_GONE') return;
  const holders = error.evidence.flatMap((fact) => /\bheld by ([^:]+)/.exec(fact)?.[1] ?? []);
  observe?.({ kind: 'refused', port, code: error.code, holders: [...new Set(holders)] });
}
