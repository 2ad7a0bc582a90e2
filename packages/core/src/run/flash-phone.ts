import type { Agent } from '../agent/agent.js';
import type { DeviceIdentity } from '../bootrom/identity.js';
import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import { planDownload } from '../plan/download-plan.js';
import type { Plan } from '../plan/plan.js';
import { checkBattery } from '../preflight/check-battery.js';
import { checkStorage } from '../preflight/check-storage.js';
import type { Finding } from '../preflight/finding.js';
import type { PartitionTable } from '../storage/storage.js';
import type { BackupFolder, BackupShelf } from './backup-folder.js';
import { type BackupManifest, backupOrigin } from './backup-manifest.js';
import type { EventSink } from './events.js';
import { JobDiary } from './job-diary.js';
import { JobEnd, type Judge } from './judge.js';
import type { Outcome } from './outcome.js';
import { tableOf } from './phone-session.js';
import { prepareRebuild } from './prepare-rebuild.js';
import { type RunRecord, runPlan } from './run-plan.js';
import { markOf } from './same-phone.js';
import { findUnfinished, type UnfinishedSearch } from './unfinished-job.js';

/** The modes of SP Flash Tool. */
export type FlashMode = 'download' | 'upgrade' | 'format-all';

/** The part of a flash job that begins when an agent runs. */
export interface FlashWishes {
  /** Default `download`. */
  mode?: FlashMode;
  /** Where backups go and unfinished jobs are found; leave out to flash without a backup. */
  backups?: BackupShelf;
  /** Content of an earlier backup of this phone, instead of what the phone holds now. */
  calibration?: BackupFolder;
  /** Shown the plan before anything is written; false ends the job. Without it the plan is executed. */
  confirm?: (plan: Plan) => Promise<boolean>;
  /** Show the plan and write nothing. */
  dryRun?: boolean;
  /** Only compare: tell every finding that can be had, plan nothing, write nothing. */
  checkOnly?: boolean;
  /** Start the phone at the end. Default true. */
  reboot?: boolean;
  emit: EventSink;
  stop?: AbortSignal;
}

/** What the plan was made from, for the run. */
export interface PreparedPlan {
  plan: Plan;
  /** The backup of an earlier job that steps take content from. */
  earlier?: BackupFolder;
}

/** A phone with a running agent, a firmware that was looked through, and what is wanted. */
export interface PhoneJob {
  agent: Agent;
  identity: DeviceIdentity;
  facts: FirmwareFacts;
  /** The firmware is this backup of this phone. */
  ownBackup?: BackupManifest;
  wishes: FlashWishes;
  judge: Judge;
  record: RunRecord;
}

/**
 * Compares, plans, shows, asks, runs.
 * @throws JobEnd; UnbrickError; the stop's reason
 */
export async function flashPhone(job: PhoneJob, onPlan: (plan: Plan) => void): Promise<Outcome> {
  const { agent, identity, facts, wishes, judge, record } = job;
  const { emit, stop, mode = 'download', backups } = wishes;
  judge.judge(checkBattery(await agent.batteryMillivolts?.()));
  const table: PartitionTable = (await tableOf(agent)) ?? {
    kind: 'gpt',
    source: 'none was found on the phone',
    partitions: [],
  };
  const mark = markOf(identity, agent.storage);
  const search: UnfinishedSearch =
    backups && !wishes.calibration ? await findUnfinished(backups, mark) : { findings: [] };
  judge.judge(search.findings);
  const prepared =
    mode === 'download'
      ? prepareDownload(agent, facts, table, wishes, search, judge)
      : await prepareRebuild({ ...job, table, mode, search });
  const { plan, earlier } = prepared;
  if (wishes.checkOnly) return judge.blocked ? 'blocked' : 'planned';
  onPlan(plan);
  emit({ type: 'plan', plan });
  if (wishes.dryRun) return 'planned';
  if (wishes.confirm && !(await wishes.confirm(plan))) throw new JobEnd('declined');
  stop?.throwIfAborted();

  const needsFolder = plan.steps.some((step) => step.kind === 'backup');
  const folder = needsFolder ? await backups?.make(identity.chip?.names[0] ?? 'unknown-chip') : undefined;
  const note = (message: string) => emit({ type: 'note', phase: 'write', message });
  const diary = backups && mode !== 'download' ? new JobDiary(backups, earlier ?? folder, plan, mark, note) : undefined;
  await runPlan(agent, plan, record, {
    facts,
    emit,
    ...(stop ? { stop } : {}),
    ...(diary ? { diary } : {}),
    ...(folder ? { backup: { folder, origin: backupOrigin(identity, agent.storage, table) } } : {}),
    ...(earlier ? { earlier } : {}),
  });
  return 'done';
}

function prepareDownload(
  agent: Agent,
  facts: FirmwareFacts,
  table: PartitionTable,
  wishes: FlashWishes,
  search: UnfinishedSearch,
  judge: Judge,
): PreparedPlan {
  if (search.job) judge.judge([unfinishedBlocks(search.job.folder.path, search.job.journal.plan)]);
  judge.judge(checkStorage(facts, agent.storage, table));
  const options = { backup: wishes.backups !== undefined, reboot: wishes.reboot ?? true };
  return { plan: planDownload(facts, agent.storage, table, options) };
}

function unfinishedBlocks(path: string, plan: Plan): Finding {
  return {
    severity: 'blocker',
    code: 'UNFINISHED_JOB',
    message: 'An earlier job on this phone was not finished: its calibration data may exist in the backup only.',
    evidence: [`the job: --mode ${plan.mode} with ${plan.firmware}`, `its backup: ${path}`],
    next: [
      `Repeat that job, it goes on where it ended: --mode ${plan.mode}`,
      `Or put the backup back: unbrick restore ${path}`,
    ],
  };
}
