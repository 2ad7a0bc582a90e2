import { UnbrickError } from '../errors/unbrick-error.js';
import { isBootChain } from '../plan/boot-chain.js';
import { isCalibration } from '../plan/calibration.js';
import type { EraseStep, Plan } from '../plan/plan.js';
import type { PartitionEntry } from '../storage/storage.js';
import { type AgentJob, needAgent, withAgent } from './agent-job.js';
import { PhaseProgress } from './phase-progress.js';
import { tableOf } from './phone-session.js';
import { notOnPhone } from './read-job.js';

export interface EraseJob extends AgentJob {
  /** Partition names. */
  names: readonly string[];
  /** Lifts `CALIBRATION_ERASE` or `BOOT_CHAIN_ERASE`. */
  force?: readonly string[];
  /** Shown the plan before anything is erased; false ends the job. */
  confirm?: (plan: Plan) => Promise<boolean>;
}

/**
 * Erases partitions. Resolves with the names that were erased, none when the plan was declined.
 * @throws UnbrickError `CALIBRATION_ERASE`, `BOOT_CHAIN_ERASE` before anything is erased; `PARTITION_NOT_ON_PHONE`
 */
export function erasePartitions(job: EraseJob): Promise<string[]> {
  return withAgent(job, async (_phone, started) => {
    const agent = needAgent(started);
    const partitions = (await tableOf(agent))?.partitions ?? [];
    const steps = job.names.map((name): EraseStep => {
      const entry = partitions.find((each) => each.name.toLowerCase() === name.toLowerCase());
      if (!entry) throw notOnPhone(name, partitions, agent.storage);
      refuseDangerous(entry, job.force ?? []);
      const { region, start, length } = entry;
      return { kind: 'erase', partition: entry.name, extent: { region, start, length }, bytes: length, risk: 'low' };
    });
    const plan: Plan = { mode: 'erase', firmware: '', phone: agent.storage.kind.toUpperCase(), steps };
    job.emit({ type: 'plan', plan });
    if (job.confirm && !(await job.confirm(plan))) return [];
    for (const step of steps) {
      job.stop?.throwIfAborted();
      const progress = new PhaseProgress(job.emit, 'erase', step.partition, step.extent.length);
      await agent.erase(step.extent, { onBytes: (bytes) => progress.reach(bytes) });
      progress.done();
    }
    return steps.map((step) => step.partition);
  });
}

/** @throws UnbrickError `CALIBRATION_ERASE`, `BOOT_CHAIN_ERASE`; a preloader is never erased, whatever is forced */
export function refuseDangerous(entry: PartitionEntry, force: readonly string[]): void {
  const lifted = new Set(force.map((code) => code.toUpperCase()));
  if (isCalibration(entry.name) && !lifted.has('CALIBRATION_ERASE')) {
    throw new UnbrickError({
      code: 'CALIBRATION_ERASE',
      stage: 'preflight',
      message: `${entry.name} holds calibration data (IMEI, radio, keys) that exists nowhere else.`,
      evidence: ['nothing was erased'],
      next: ['Keep it. If you have a backup and mean it: read it first (unbrick read), then --force CALIBRATION_ERASE'],
    });
  }
  // Without it the phone does not even answer; on old phones it is a partition like the others.
  const isPreloader = /^preloader/i.test(entry.name);
  if (isBootChain(entry.name) && (isPreloader || !lifted.has('BOOT_CHAIN_ERASE'))) {
    throw new UnbrickError({
      code: 'BOOT_CHAIN_ERASE',
      stage: 'preflight',
      message: `The phone needs ${entry.name} to start.`,
      evidence: ['nothing was erased'],
      next: [
        'Flash it with a good image instead of erasing it.',
        ...(isPreloader ? [] : ['If you mean it: --force BOOT_CHAIN_ERASE']),
      ],
    });
  }
}
