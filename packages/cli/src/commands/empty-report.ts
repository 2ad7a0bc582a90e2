import type { Outcome, ReportEvent } from '@unbrick/core';

/** The report of a job that wrote nothing: the last line that `--json` promises. */
export function emptyReport(outcome: Outcome, phoneState: string): ReportEvent {
  return { type: 'report', ok: outcome === 'done', outcome, partitions: [], seconds: 0, phoneState };
}
