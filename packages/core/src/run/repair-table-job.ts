import type { Agent } from '../agent/agent.js';
import { gather, once } from '../agent/byte-stream.js';
import type { ConnectedPhone } from '../bootrom/connect.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import { sha256Hex } from '../hash.js';
import { backupStep } from '../plan/backup-step.js';
import type { BackupStep, Plan, RepairTableStep } from '../plan/plan.js';
import type { TableRepair } from '../storage/repair-plan.js';
import { userRegion } from '../storage/storage.js';
import { planTableRepair } from '../storage/table-repair.js';
import { type AgentJob, needAgent, withAgent } from './agent-job.js';
import { runBackup } from './backup.js';
import type { BackupFolder } from './backup-folder.js';
import { backupOrigin } from './backup-manifest.js';
import { PhaseProgress } from './phase-progress.js';
import { tableOf } from './phone-session.js';

export interface RepairTableJob extends AgentJob {
  /** Makes the folder that what lies on the phone now is kept in. */
  makeFolder: (phone: ConnectedPhone) => Promise<BackupFolder>;
  /** Shown the plan before anything is written; false ends the job. */
  confirm?: (plan: Plan) => Promise<boolean>;
}

/** `whole`: nothing had to be done; `declined`: the plan was shown and not wanted. */
export type RepairOutcome = { outcome: 'repaired'; copy: TableRepair['copy'] } | { outcome: 'whole' | 'declined' };

/**
 * Makes a damaged copy of the phone's partition table (GPT, PMT on eMMC) whole from the other: what lies there now is kept in a
 * backup first, and the new copy is read back.
 * @throws UnbrickError `TABLE_NOT_REPAIRABLE` when no copy is valid or the two disagree; `VERIFY_FAILED`; as the agent throws
 */
export function repairTable(job: RepairTableJob): Promise<RepairOutcome> {
  return withAgent(job, async (phone, started): Promise<RepairOutcome> => {
    const agent = needAgent(started);
    const { storage } = agent;
    if (storage.nand) throw notRepairable('the agent of a NAND keeps both copies of the list and writes them together');
    const region = userRegion(storage.kind);
    const size = storage.regions.get(region) ?? 0;
    const read = (start: number, length: number) => gather(agent.read({ region, start, length }));
    const planned = await planTableRepair(read, size, storage.blockSize, region);
    if (!('repair' in planned)) {
      if (planned.whole) return { outcome: 'whole' };
      throw notRepairable(planned.why);
    }
    const { repair } = planned;
    const plan = planOf(repair, storage.kind.toUpperCase());
    job.emit({ type: 'plan', plan });
    if (job.confirm && !(await job.confirm(plan))) return { outcome: 'declined' };
    job.stop?.throwIfAborted();
    const table = (await tableOf(agent)) ?? { kind: 'gpt' as const, source: 'none', partitions: [] };
    const backups = plan.steps.filter((step): step is BackupStep => step.kind === 'backup');
    await runBackup(
      agent,
      backups,
      await job.makeFolder(phone),
      backupOrigin(phone.identity, storage, table, 'partitions'),
      job.emit,
    );
    await write(agent, repair, job);
    return { outcome: 'repaired', copy: repair.copy };
  });
}

function planOf({ name, copy, extent }: TableRepair, phone: string): Plan {
  const backup = backupStep({ name, ...extent });
  const step: RepairTableStep = {
    kind: 'repair-table',
    partition: name,
    copy,
    extent,
    bytes: extent.length,
    // The other copy stays as it is: a repair that breaks off can be repeated.
    risk: 'low',
  };
  return { mode: 'repair-table', firmware: '', phone, steps: [backup, step] };
}

async function write(agent: Agent, { name, extent, bytes }: TableRepair, job: RepairTableJob): Promise<void> {
  const writing = new PhaseProgress(job.emit, 'write', name, bytes.length);
  if (agent.writeTableCopy && (name === 'pgpt' || name === 'sgpt')) {
    await agent.writeTableCopy(name === 'pgpt' ? 'PGPT' : 'SGPT', extent, bytes);
  } else await agent.write(extent, once(bytes), { onBytes: (done) => writing.reach(done) });
  writing.done();
  const verifying = new PhaseProgress(job.emit, 'verify', name, bytes.length);
  const [sent, stored] = [await sha256Hex(bytes), await sha256Hex(await gather(agent.read(extent)))];
  if (sent !== stored) {
    throw new UnbrickError({
      code: 'VERIFY_FAILED',
      stage: 'verify',
      message: 'The phone does not hold the copy of the partition table that was written. Its other copy is untouched.',
      evidence: [`SHA-256 sent: ${sent}`, `SHA-256 read back: ${stored}`],
      next: ['Repeat the job with another cable and a port at the computer itself.'],
    });
  }
  verifying.done();
}

function notRepairable(why: string): UnbrickError {
  return new UnbrickError({
    code: 'TABLE_NOT_REPAIRABLE',
    stage: 'preflight',
    message: 'The phone’s partition table cannot be repaired from its own copies. Nothing was written.',
    evidence: [why],
    next: [
      'Read a backup of the whole storage before anything else: unbrick read user (on UFS: lu2)',
      'A complete firmware made for exactly this model brings the table along.',
    ],
  });
}
