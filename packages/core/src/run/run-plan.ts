import type { Agent } from '../agent/agent.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import type { BackupStep, Plan, PlanStep } from '../plan/plan.js';
import { type BackupFolder, type BackupOrigin, runBackup } from './backup.js';
import type { BackupReport, EventSink, PartitionReport } from './events.js';
import { PhaseProgress } from './phase-progress.js';
import type { PhoneState } from './phone-state.js';
import { writeImage } from './write-image.js';
import { writePreloader } from './write-preloader.js';

export interface RunOptions {
  facts: FirmwareFacts;
  /** Needed when the plan has backup steps. */
  backup?: { folder: BackupFolder; origin: BackupOrigin };
  emit: EventSink;
  /** Soft stop: the run ends at the next safe point and the promise rejects with the signal's reason. */
  stop?: AbortSignal;
}

/** What a run has proven so far; filled while it goes on, so it also tells the story of a failed one. */
export interface RunRecord {
  partitions: PartitionReport[];
  backup?: BackupReport;
  state: PhoneState;
}

/**
 * Executes a plan, step by step, and nothing else. The only part of the project that makes an agent write.
 * @throws UnbrickError with the stage of the failing step; `record` says what was proven before
 */
export async function runPlan(agent: Agent, plan: Plan, record: RunRecord, options: RunOptions): Promise<void> {
  const { emit, stop } = options;
  const backups = plan.steps.filter((step): step is BackupStep => step.kind === 'backup');
  if (backups.length > 0) {
    if (!options.backup) {
      throw new UnbrickError({
        code: 'BACKUP_FAILED',
        stage: 'internal',
        message: 'The plan asks for a backup, but no backup folder was given.',
      });
    }
    const { folder, origin } = options.backup;
    record.backup = await runBackup(agent, backups, folder, origin, emit, stop);
  }
  for (const step of plan.steps) {
    stop?.throwIfAborted();
    await runStep(agent, step, record, options);
  }
}

async function runStep(agent: Agent, step: PlanStep, record: RunRecord, options: RunOptions): Promise<void> {
  const { facts, emit, stop } = options;
  switch (step.kind) {
    case 'backup':
      return;
    case 'erase': {
      const progress = new PhaseProgress(emit, 'erase', step.partition, step.extent.length);
      record.state.begin(step.partition);
      await agent.erase(step.extent, { onBytes: (bytes) => progress.reach(bytes) });
      progress.done();
      return;
    }
    case 'write': {
      const image = facts.selected.find((fact) => fact.path === step.path && fact.image)?.image;
      if (!image) throw missing(step.path);
      record.state.begin(step.partition);
      record.partitions.push(await writeImage(agent, step, image, emit, stop));
      record.state.finish(step.partition);
      return;
    }
    case 'write-preloader': {
      if (!facts.preloader) throw missing(step.path);
      record.state.begin(step.partition);
      // Not to be stopped: a half-written preloader is the one state that needs BROM to get out of.
      record.partitions.push(await writePreloader(agent, step, facts.preloader.file, emit));
      record.state.finish(step.partition);
      return;
    }
    case 'reboot':
      await agent.reboot('normal');
      record.state.rebooted();
      new PhaseProgress(emit, 'reboot', undefined, 1).done();
      return;
  }
}

function missing(path: string): UnbrickError {
  return new UnbrickError({
    code: 'PLAN_STALE',
    stage: 'internal',
    message: `The plan names ${path}, which the firmware that was given does not have.`,
  });
}
