import type { ConnectedPhone } from '../bootrom/connect.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import { backupStep } from '../plan/backup-step.js';
import { isCalibration } from '../plan/calibration.js';
import type { BackupStep } from '../plan/plan.js';
import type { PartitionEntry, StorageInfo } from '../storage/storage.js';
import { type AgentJob, needAgent, withAgent } from './agent-job.js';
import { runBackup } from './backup.js';
import type { BackupFolder } from './backup-folder.js';
import { backupOrigin } from './backup-manifest.js';
import type { BackupReport } from './events.js';
import { tableOf } from './phone-session.js';

export interface ReadJob extends AgentJob {
  /** Partition or region names; without any, the calibration partitions. */
  names: readonly string[];
  /** Makes the folder that the files go to. */
  makeFolder: (phone: ConnectedPhone) => Promise<BackupFolder>;
}

/**
 * Reads partitions or whole regions to files, with checksums and manifest. Changes nothing on the phone.
 * @throws UnbrickError `PARTITION_NOT_ON_PHONE`, `AGENT_MISSING`, and what reaching and reading a phone throw
 */
export function readPartitions(job: ReadJob): Promise<BackupReport> {
  return withAgent(job, async (phone, started) => {
    const agent = needAgent(started);
    const table = (await tableOf(agent)) ?? { kind: 'gpt', source: 'none was found', partitions: [] };
    const steps =
      job.names.length > 0
        ? job.names.map((name) => stepOf(name, table.partitions, agent.storage))
        : table.partitions.filter((entry) => isCalibration(entry.name)).map(backupStep);
    const folder = await job.makeFolder(phone);
    return runBackup(
      agent,
      steps,
      folder,
      backupOrigin(phone.identity, agent.storage, table, job.names.length > 0 ? 'partitions' : 'calibration'),
      job.emit,
      job.stop,
    );
  });
}

function stepOf(name: string, partitions: readonly PartitionEntry[], storage: StorageInfo): BackupStep {
  const wanted = name.toLowerCase();
  const entry = partitions.find((each) => each.name.toLowerCase() === wanted);
  if (entry) return backupStep(entry);
  for (const [region, length] of storage.regions) {
    if (region === wanted && length > 0) return backupStep({ name: region, region, start: 0, length });
  }
  throw notOnPhone(name, partitions, storage);
}

/** For a name that is neither a partition nor a region of this phone. */
export function notOnPhone(name: string, partitions: readonly PartitionEntry[], storage: StorageInfo): UnbrickError {
  return new UnbrickError({
    code: 'PARTITION_NOT_ON_PHONE',
    stage: 'usage',
    message: `The phone has no partition called '${name}'.`,
    evidence: [
      `partitions: ${partitions.map((each) => each.name).join(', ') || 'none'}`,
      `regions: ${[...storage.regions.keys()].join(', ')}`,
    ],
    next: ['Use one of these names.'],
  });
}
