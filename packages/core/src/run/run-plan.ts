import type { Agent } from '../agent/agent.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import type { BackupStep, KeepStep, Plan, PlanStep, RestoreStep } from '../plan/plan.js';
import { runBackup } from './backup.js';
import type { BackupFolder } from './backup-folder.js';
import type { BackupOrigin } from './backup-manifest.js';
import type { BackupReport, EventSink, PartitionReport } from './events.js';
import { PhaseProgress } from './phase-progress.js';
import type { PhoneState } from './phone-state.js';
import { keep, putBack } from './put-back.js';
import { writeImage } from './write-image.js';
import { writePreloader } from './write-preloader.js';
import { writeTable } from './write-table.js';

/** Told what a run has done, so that a later one can go on. Each call is over before the next step begins. */
export interface RunDiary {
  /** The backup is complete; the next step changes the phone. */
  beforeChange(): Promise<void>;
  /** A step is done and verified. */
  proven(index: number): Promise<void>;
  /** All that changes the phone is done; only the restart is left. */
  finished(): Promise<void>;
}

export interface RunOptions {
  facts: Pick<FirmwareFacts, 'selected' | 'preloader'>;
  /** Needed when the plan has backup steps, or takes content from their files. */
  backup?: { folder: BackupFolder; origin: BackupOrigin };
  /** The backup of an earlier job, when steps take content from it. */
  earlier?: BackupFolder;
  diary?: RunDiary;
  emit: EventSink;
  /** Soft stop: the run ends at the next safe point and the promise rejects with the signal's reason. */
  stop?: AbortSignal;
}

/** What a run has proven so far; filled while it goes on, so it also tells the story of a failed one. */
export interface RunRecord {
  partitions: PartitionReport[];
  /** Partitions that were compared with their backup and had not changed. */
  kept: string[];
  backup?: BackupReport;
  state: PhoneState;
}

/**
 * Executes a plan, step by step, and nothing else. The only part of the project that makes an agent write.
 * @throws UnbrickError with the stage of the failing step; `record` says what was proven before
 */
export async function runPlan(agent: Agent, plan: Plan, record: RunRecord, options: RunOptions): Promise<void> {
  const { emit, stop, diary } = options;
  // Without a map of its bad blocks a NAND cannot even be read; what the map is made of is not touched.
  for (const step of plan.steps) if (step.kind === 'map-bad-blocks') await runStep(agent, step, record, options);
  const backups = plan.steps.filter((step): step is BackupStep => step.kind === 'backup');
  if (backups.length > 0) {
    if (!options.backup) throw noFolder('The plan asks for a backup, but no backup folder was given.');
    const { folder, origin } = options.backup;
    record.backup = await runBackup(agent, backups, folder, origin, emit, stop);
  }
  await diary?.beforeChange();
  // What these modes empty, only the end of the job makes whole.
  const empties = plan.mode === 'upgrade' || plan.mode === 'format-all';
  for (const [index, step] of plan.steps.entries()) {
    if (step.kind === 'backup' || step.kind === 'map-bad-blocks' || step.proven) continue;
    stop?.throwIfAborted();
    if (step.kind === 'reboot') continue;
    if (empties) record.state.halfway();
    await runStep(agent, step, record, options);
    if (step.kind === 'erase' && empties) record.state.emptied();
    await diary?.proven(index);
  }
  record.state.wholeAgain();
  await diary?.finished();
  for (const step of plan.steps) if (step.kind === 'reboot') await runStep(agent, step, record, options);
}

async function runStep(agent: Agent, step: PlanStep, record: RunRecord, options: RunOptions): Promise<void> {
  const { facts, emit, stop } = options;
  const proving = async (work: () => Promise<PartitionReport>) => {
    record.state.begin(step.partition);
    record.partitions.push(await work());
    record.state.finish(step.partition);
  };
  switch (step.kind) {
    case 'backup':
      return;
    case 'erase': {
      const progress = new PhaseProgress(emit, 'erase', step.partition, step.extent.length);
      record.state.begin(step.partition);
      await agent.erase(step.extent, { onBytes: (bytes) => progress.reach(bytes), ...(stop ? { stop } : {}) });
      progress.done();
      return;
    }
    case 'map-bad-blocks':
      record.state.begin(step.partition);
      if (!(await agent.mapBadBlocks?.())) {
        emit({ type: 'note', phase: 'erase', message: 'The agent says that the NAND has its map of bad blocks.' });
      }
      record.state.emptied();
      return;
    case 'write-table':
      // Not to be stopped between the copies.
      return proving(() => writeTable(agent, step, emit));
    case 'write': {
      const image = facts.selected.find((fact) => fact.path === step.path && fact.image)?.image;
      if (!image) throw missing(step.path);
      return proving(() => writeImage(agent, step, image, emit, stop));
    }
    case 'restore':
      return proving(() => putBack(agent, step, folderOf(step, options), emit, stop));
    case 'keep': {
      const written = await keep(agent, step, folderOf(step, options), emit, stop);
      if (written) record.partitions.push(written);
      else record.kept.push(step.partition);
      return;
    }
    case 'write-preloader': {
      const { preloader } = facts;
      if (!preloader) throw missing(step.path);
      // Not to be stopped: a half-written preloader is the one state that needs BROM to get out of.
      return proving(() => writePreloader(agent, step, preloader.file, emit));
    }
    case 'reboot':
      await agent.reboot('normal');
      record.state.rebooted();
      new PhaseProgress(emit, 'reboot', undefined, 1).done();
      return;
  }
}

function folderOf(step: RestoreStep | KeepStep, options: RunOptions): BackupFolder {
  const folder = step.earlier ? options.earlier : options.backup?.folder;
  if (!folder) throw noFolder(`The plan takes ${step.fileName} from a backup that was not given.`);
  return folder;
}

function noFolder(message: string): UnbrickError {
  return new UnbrickError({
    code: 'BACKUP_FAILED',
    stage: 'internal',
    message,
    evidence: ['nothing more was done'],
    next: ['Start the job again from the beginning, so that it is planned anew.'],
  });
}

function missing(path: string): UnbrickError {
  return new UnbrickError({
    code: 'PLAN_STALE',
    stage: 'internal',
    message: `The plan names ${path}, which the firmware that was given does not have.`,
    evidence: ['nothing more was done'],
    next: ['Start the job again from the beginning, so that it is planned anew.'],
  });
}
