import type { ReportEvent } from '@unbrick/core';

/** The report of a job that wrote nothing: the last line that `--json` promises. */
export function emptyReport(phoneState: string): ReportEvent {
  return { type: 'report', ok: false, partitions: [], seconds: 0, phoneState };
}
