import { UnbrickError } from '../errors/unbrick-error.js';
import type { Plan } from '../plan/plan.js';
import { type Misfit, planRestore, type SavedFile } from '../plan/restore-plan.js';
import { checkBattery } from '../preflight/check-battery.js';
import type { Finding } from '../preflight/finding.js';
import type { PartitionTable } from '../storage/storage.js';
import { type AgentJob, needAgent, withAgent } from './agent-job.js';
import type { BackupFolder, BackupShelf } from './backup-folder.js';
import { type BackupManifest, readManifest, tableOfManifest, verifyBackup } from './backup-manifest.js';
import { type JobResult, runJob } from './job-shell.js';
import { Judge } from './judge.js';
import type { Outcome } from './outcome.js';
import { tableOf } from './phone-session.js';
import { type RunRecord, runPlan } from './run-plan.js';
import { markOf, samePhone } from './same-phone.js';
import { closeUnfinished } from './unfinished-job.js';

export interface RestoreJob extends AgentJob {
  folder: BackupFolder;
  /** Only these partitions or regions; without any, all that the backup is about. */
  names?: readonly string[];
  /** The backup may be of another phone. */
  otherPhone?: boolean;
  /** Where unfinished jobs are noted: putting everything back ends them. */
  backups?: BackupShelf;
  confirm?: (plan: Plan) => Promise<boolean>;
  dryRun?: boolean;
}

/**
 * Puts a backup back: checks its sums, compares the phone, shows the plan, writes, reads back. The phone is restarted at the
 * end; when the job breaks off half-way it is switched off. Never throws: see {@link runJob}.
 */
export function restorePhone(job: RestoreJob): Promise<JobResult> {
  return runJob(job, (record) => restore(job, record));
}

async function restore(job: RestoreJob, record: RunRecord): Promise<Outcome> {
  const { folder, emit } = job;
  const manifest = await readManifest(folder);
  const files = filesToRestore(manifest, job);
  emit({ type: 'note', phase: 'preflight', message: `Checking ${files.length} files in ${folder.path} …` });
  await verifyBackup(folder, files);
  const judge = new Judge(emit, []);
  const leaveHow = () => (record.state.left ? 'left' : record.state.touched ? 'power-off' : 'normal');
  return withAgent(
    job,
    async ({ identity }, started) => {
      const agent = needAgent(started);
      const mark = markOf(identity, agent.storage);
      judge.judge([ownerFinding(manifest, samePhone(manifest, mark), job.otherPhone ?? false)]);
      judge.judge(checkBattery(await agent.batteryMillivolts?.()));
      const table: PartitionTable = (await tableOf(agent)) ?? { kind: 'gpt', source: 'none', partitions: [] };
      const full = manifest.content === 'full';
      const wishes = { ...(job.names?.length ? { names: job.names } : {}), full, reboot: true };
      const saved = files.map(({ name, bytes, ...file }): SavedFile => ({ ...file, fileName: name, length: bytes }));
      const phone = { storage: agent.storage, table, name: `${manifest.chip}, ${agent.storage.kind.toUpperCase()}` };
      const { plan, misfits } = planRestore(saved, tableOfManifest(manifest), phone, folder.path, wishes);
      if (misfits.length > 0) judge.judge([doesNotFit(misfits)]);
      emit({ type: 'plan', plan });
      if (job.dryRun) return 'planned';
      if (job.confirm && !(await job.confirm(plan))) return 'declined';
      job.stop?.throwIfAborted();
      await runPlan(agent, plan, record, {
        facts: { selected: [] },
        earlier: folder,
        emit,
        ...(job.stop ? { stop: job.stop } : {}),
        diary: {
          beforeChange: async () => {},
          proven: async () => {},
          finished: async () => {
            if (job.backups && !job.names?.length) await closeUnfinished(job.backups, mark);
          },
        },
      });
      return 'done';
    },
    leaveHow,
  );
}

/** @throws UnbrickError `PARTITION_UNKNOWN` for a name that the backup does not have */
function filesToRestore(manifest: BackupManifest, { names, folder }: RestoreJob) {
  if (!names?.length) return manifest.files;
  return names.map((name) => {
    const file = manifest.files.find((each) => each.partition.toLowerCase() === name.toLowerCase());
    if (file) return file;
    throw new UnbrickError({
      code: 'PARTITION_UNKNOWN',
      stage: 'usage',
      message: `The backup has no partition called '${name}'.`,
      evidence: [`${folder.path} has: ${manifest.files.map((each) => each.partition).join(', ')}`],
      next: ['Use one of these names, or none for the whole backup.'],
    });
  });
}

function ownerFinding(manifest: BackupManifest, same: ReturnType<typeof samePhone>, lifted: boolean): Finding {
  if (same === 'same') {
    return {
      severity: 'ok',
      code: 'OWN_BACKUP',
      message: 'The backup is of this very phone.',
      evidence: [`chip ${manifest.chip}, memory id ${manifest.storageId}`],
      next: [],
    };
  }
  return {
    severity: lifted ? 'warning' : 'blocker',
    code: 'RESTORE_OTHER_PHONE',
    message:
      same === 'other'
        ? 'This backup is of another phone. Its calibration and identity do not belong here.'
        : 'It cannot be told whether this backup is of this phone: it did not tell its number both times.',
    evidence: [`the backup: chip ${manifest.chip}, memory id ${manifest.storageId}`],
    next: [
      ...(same === 'unclear' ? ['Connect the phone in BROM mode (volume keys held): there it tells its number.'] : []),
      'Use the backup of this phone.',
      'Only when parts of its board were exchanged: --other-phone',
    ],
  };
}

function doesNotFit(misfits: readonly Misfit[]): Finding {
  return {
    severity: 'blocker',
    code: 'RESTORE_DOES_NOT_FIT',
    message: `Not all of the backup fits the phone: ${misfits.map(({ partition }) => partition).join(', ')}.`,
    evidence: misfits.map(({ partition, why }) => `${partition}: ${why}`),
    next: [
      'Flash the firmware that the phone had when the backup was made, then put the backup back.',
      'Or name the partitions that do fit: unbrick restore FOLDER NAME …',
    ],
  };
}
