import type { Agent } from '../agent/agent.js';
import type { AgentImage } from '../agent/start.js';
import type { ConnectedPhone } from '../bootrom/connect.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import { type AgentChoice, chooseAgent, loadAgentFiles } from '../firmware/agent-search.js';
import { type FirmwareFacts, gatherFirmwareFacts } from '../firmware/firmware-facts.js';
import type { FirmwarePackage } from '../firmware/package.js';
import { badBlockPool } from '../firmware/scatter/bad-block-pool.js';
import type { ByteSource } from '../firmware/source.js';
import { planDownload } from '../plan/download-plan.js';
import type { Plan } from '../plan/plan.js';
import { type Selection, selectPartitions } from '../plan/selection.js';
import { checkAgent } from '../preflight/check-agent.js';
import { checkChip } from '../preflight/check-chip.js';
import { checkFirmware } from '../preflight/check-firmware.js';
import { checkStorage } from '../preflight/check-storage.js';
import type { Finding } from '../preflight/finding.js';
import { hasBlocker, liftFindings } from '../preflight/verdict.js';
import type { PartitionTable } from '../storage/storage.js';
import { type BackupFolder, backupOrigin } from './backup.js';
import { gatherCredentials } from './credentials.js';
import type { EventSink, ReportEvent } from './events.js';
import { leavePhone, type ReachOptions, reachPhone, startAgent, tableOf } from './phone-session.js';
import { PhoneState } from './phone-state.js';
import { type RunRecord, runPlan } from './run-plan.js';

export interface FlashJob extends ReachOptions {
  firmware: FirmwarePackage;
  selection?: Selection;
  /** Use this agent file instead of searching the firmware. */
  agentFile?: ByteSource;
  /** Blockers to lift, by code. */
  force?: readonly string[];
  /** Makes a fresh folder for the calibration backup; leave out to flash without one. */
  makeBackupFolder?: (phone: ConnectedPhone) => Promise<BackupFolder>;
  /** Shown the plan before anything is written; false ends the job. Without it the plan is executed. */
  confirm?: (plan: Plan) => Promise<boolean>;
  /** Show the plan and write nothing. */
  dryRun?: boolean;
  /** Start the phone at the end. Default true. */
  reboot?: boolean;
}

/** How a job ended. `blocked`: preflight stopped it before any write; `misused`: what was asked for makes no sense. */
export type Outcome = 'done' | 'planned' | 'failed' | 'misused' | 'blocked' | 'no-phone' | 'stopped' | 'declined';

export interface FlashResult {
  outcome: Outcome;
  report: ReportEvent;
  plan?: Plan;
}

/** What ends a job early without being an error of the program. */
class JobEnd extends Error {
  constructor(readonly outcome: Outcome) {
    super(outcome);
  }
}

/**
 * The main job, from a firmware and a port to a verified report: preflight, connect, agent, preflight again with the phone
 * in hand, plan, confirm, run. Never throws: whatever happens becomes events, a report and an outcome.
 */
export async function flash(job: FlashJob): Promise<FlashResult> {
  const started = performance.now();
  const record: RunRecord = { partitions: [], state: new PhoneState() };
  const session: Session = {};
  let outcome: Outcome;
  try {
    outcome = await flashOrThrow(job, record, session);
  } catch (cause) {
    outcome = outcomeOf(cause, job);
    if (outcome === 'failed' || outcome === 'misused' || outcome === 'no-phone') emitError(cause, job.emit);
  }
  // An untouched phone starts again, a half-written one is switched off rather than started.
  const listening = record.state.left ? undefined : session.agent;
  await leavePhone(session.phone, listening, record.state.touched ? 'power-off' : 'normal');
  const report: ReportEvent = {
    type: 'report',
    ok: outcome === 'done',
    partitions: record.partitions,
    seconds: (performance.now() - started) / 1000,
    ...(record.backup ? { backup: record.backup } : {}),
    phoneState: record.state.describe(),
  };
  job.emit(report);
  return { outcome, report, ...(session.plan ? { plan: session.plan } : {}) };
}

interface Session {
  phone?: ConnectedPhone;
  agent?: Agent;
  plan?: Plan;
}

async function flashOrThrow(job: FlashJob, record: RunRecord, session: Session): Promise<Outcome> {
  const { firmware, emit } = job;
  const progress = (phase: 'connect' | 'identify', bytes: number) => emit({ type: 'progress', phase, bytes, total: 1 });
  // One layout: everything about the files can be said before the phone is asked for.
  const onlyLayout = firmware.scatter.layouts.length === 1 ? firmware.scatter.layouts[0] : undefined;
  let facts = onlyLayout && (await gather(job, onlyLayout));
  if (facts) judge(checkFirmware(facts), job);

  progress('connect', 0);
  const phone = await reachPhone(job);
  session.phone = phone;
  progress('connect', 1);
  progress('identify', 1);

  const preloaderFacts = facts ?? (await gatherAny(job));
  const choice = await findAgent(job, phone);
  const credentials = await gatherCredentials(firmware, job.credentials);
  const agentFindings = checkAgent(preloaderFacts, phone.identity, choice, credentials);
  judge([checkChip(firmware.scatter, phone.identity), ...agentFindings], job);
  const needs = {
    image: choice.image as AgentImage,
    emi: preloaderFacts.preloader?.emi,
    credentials,
    badBlockPool: badBlockPool(firmware.scatter),
  };
  const agent = await startAgent(phone, needs, emit);
  session.agent = agent;

  if (!facts) {
    const layout = firmware.scatter.layouts.find((each) => each.storage === agent.storage.kind);
    facts = await gather(job, layout ?? (firmware.scatter.layouts[0] as FirmwareFacts['layout']));
    judge(checkFirmware(facts), job);
  }
  const table: PartitionTable = (await tableOf(agent)) ?? {
    kind: 'gpt',
    source: 'none was found on the phone',
    partitions: [],
  };
  judge(checkStorage(facts, agent.storage, table), job);

  const plan = planDownload(facts, agent.storage, table, {
    backup: job.makeBackupFolder !== undefined,
    reboot: job.reboot ?? true,
  });
  session.plan = plan;
  emit({ type: 'plan', plan });
  if (job.confirm && !(await job.confirm(plan))) throw new JobEnd('declined');
  if (job.dryRun) return 'planned';
  job.stop?.throwIfAborted();

  await runPlan(agent, plan, record, {
    facts,
    emit,
    ...(job.stop ? { stop: job.stop } : {}),
    ...(job.makeBackupFolder
      ? {
          backup: {
            folder: await job.makeBackupFolder(phone),
            origin: backupOrigin(phone.identity, agent.storage, table),
          },
        }
      : {}),
  });
  return 'done';
}

function gather(job: FlashJob, layout: FirmwareFacts['layout']): Promise<FirmwareFacts> {
  return gatherFirmwareFacts(job.firmware, layout, selectPartitions(layout, job.selection ?? {}));
}

/** Facts about the preloader alone, while it is not known which of several layouts is this phone's. */
function gatherAny(job: FlashJob): Promise<FirmwareFacts> {
  const layout = job.firmware.scatter.layouts[0];
  if (!layout) {
    throw new UnbrickError({
      code: 'SCATTER_UNREADABLE',
      stage: 'firmware',
      message: 'The scatter file describes no storage.',
      evidence: [job.firmware.scatterPath],
      next: ['Use the scatter file as its maker published it.'],
    });
  }
  return gatherFirmwareFacts(job.firmware, layout, []);
}

/** Tells the findings and ends the job when one of them blocks it. */
function judge(findings: readonly Finding[], job: FlashJob): void {
  const judged = liftFindings(findings, job.force ?? []);
  for (const finding of judged) job.emit({ type: 'finding', ...finding });
  if (hasBlocker(judged)) throw new JobEnd('blocked');
}

async function findAgent(job: FlashJob, phone: ConnectedPhone): Promise<AgentChoice> {
  const files = await loadAgentFiles(job.firmware, job.agentFile);
  return chooseAgent(files, phone.identity);
}

function outcomeOf(cause: unknown, job: FlashJob): Outcome {
  if (cause instanceof JobEnd) return cause.outcome;
  if (job.stop?.aborted) return 'stopped';
  if (cause instanceof UnbrickError && cause.code === 'NO_PHONE') return 'no-phone';
  if (cause instanceof UnbrickError && cause.stage === 'usage') return 'misused';
  return 'failed';
}

function emitError(cause: unknown, emit: EventSink): void {
  const error =
    cause instanceof UnbrickError
      ? cause
      : new UnbrickError({
          code: 'INTERNAL',
          stage: 'internal',
          message: 'The program has made a mistake of its own.',
          evidence: [cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)],
          next: ['Please report this to the project, with a trace of the same job (--trace FILE).'],
          cause,
        });
  emit({
    type: 'error',
    code: error.code,
    stage: error.stage,
    message: error.message,
    evidence: error.evidence,
    next: error.next,
  });
}
