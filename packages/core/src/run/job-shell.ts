import { asUnbrickError } from '../errors/as-unbrick-error.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import type { Wording } from '../explain/wording.js';
import type { EventSink, ReportEvent } from './events.js';
import { JobEnd } from './judge.js';
import type { Outcome } from './outcome.js';
import { PhoneState } from './phone-state.js';
import type { RunRecord } from './run-plan.js';

export interface JobResult {
  outcome: Outcome;
  report: ReportEvent;
}

/**
 * What is around every job that may change a phone: whatever happens in `work` becomes events, a report and an outcome.
 * Never throws.
 */
export async function runJob(
  { emit, stop, wording }: { emit: EventSink; stop?: AbortSignal | undefined; wording?: Wording | undefined },
  work: (record: RunRecord) => Promise<Outcome>,
): Promise<JobResult> {
  const started = performance.now();
  const record: RunRecord = { partitions: [], kept: [], state: new PhoneState() };
  let outcome: Outcome;
  try {
    outcome = await work(record);
  } catch (cause) {
    outcome = outcomeOf(cause, stop);
    if (outcome === 'failed' || outcome === 'misused' || outcome === 'no-phone') emitError(cause, emit);
  }
  const report: ReportEvent = {
    type: 'report',
    ok: outcome === 'done',
    outcome,
    partitions: record.partitions,
    ...(record.kept.length > 0 ? { kept: record.kept } : {}),
    seconds: (performance.now() - started) / 1000,
    ...(record.backup ? { backup: record.backup } : {}),
    phoneState: record.state.describe(wording),
  };
  emit(report);
  return { outcome, report };
}

function outcomeOf(cause: unknown, stop: AbortSignal | undefined): Outcome {
  if (cause instanceof JobEnd) return cause.outcome;
  if (stop?.aborted) return 'stopped';
  if (cause instanceof UnbrickError && cause.code === 'NO_PHONE') return 'no-phone';
  if (cause instanceof UnbrickError && cause.stage === 'usage') return 'misused';
  return 'failed';
}

function emitError(cause: unknown, emit: EventSink): void {
  const { code, stage, message, evidence, next } = asUnbrickError(cause);
  emit({ type: 'error', code, stage, message, evidence, next });
}
