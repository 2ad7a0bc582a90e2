import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import { tableKindOf } from '../firmware/scatter/table-kind.js';
import { isCalibration } from '../plan/calibration.js';
import { type EarlierFile, keptBy, planRebuild } from '../plan/rebuild-plan.js';
import { targetLayout } from '../plan/target-layout.js';
import { checkBootRecords } from '../preflight/check-boot-records.js';
import { checkRebuild } from '../preflight/check-rebuild.js';
import { checkStorage } from '../preflight/check-storage.js';
import type { Finding } from '../preflight/finding.js';
import type { PartitionTable, StorageInfo } from '../storage/storage.js';
import type { BackupFolder } from './backup-folder.js';
import { type BackupManifest, readManifest, tableOfManifest, verifyBackup } from './backup-manifest.js';
import type { FlashMode, PhoneJob, PreparedPlan } from './flash-phone.js';
import { type JournalRecord, readJournal } from './journal.js';
import { markProven } from './proven-steps.js';
import { markOf, samePhone } from './same-phone.js';
import type { UnfinishedSearch } from './unfinished-job.js';

interface RebuildJob extends PhoneJob {
  /** The phone's table as it is now. */
  table: PartitionTable;
  mode: Exclude<FlashMode, 'download'>;
  search: UnfinishedSearch;
}

/** A backup made before, whose content this job puts on the phone. */
interface EarlierBackup {
  folder: BackupFolder;
  manifest: BackupManifest;
  /** Of a job that was not finished. */
  journal?: JournalRecord;
}

/**
 * Checks and plans an upgrade or a format. When an earlier job on this phone was not finished, its backup is used and the
 * phone as it was before that job is planned for: what the phone holds now may be half-formatted, and no backup of that is
 * taken.
 */
export async function prepareRebuild(job: RebuildJob): Promise<PreparedPlan> {
  const { agent, facts, mode, wishes, judge, ownBackup } = job;
  const earlier = await earlierBackup(job);
  // A boot record alone has no names: it does not tell where calibration is.
  const found = job.table.partitions.length > 0 && job.table.kind !== 'mbr';
  const useOldTable = earlier && (earlier.journal || !found);
  const { storage } = agent;
  const old = useOldTable
    ? tableOfManifest(earlier.manifest)
    : found
      ? job.table
      : assumedTable(facts, storage, ownBackup);
  const target = targetLayout(facts.layout, storage, old);
  const kept = keptBy(mode, facts, old, target.table);
  const files = earlier?.manifest.files.filter((file) => isPartition(file.partition, earlier.manifest));
  const brought: { earlier?: EarlierFile[] } = files
    ? { earlier: files.map(({ partition, name, bytes }) => ({ partition, fileName: name, bytes })) }
    : {};
  const tableKnown = found || earlier !== undefined || ownBackup !== undefined;
  const rebuild = checkRebuild({ mode, facts, storage, old, tableKnown, target, kept, ...brought });
  const records = await checkBootRecords(facts, target, storage);
  judge.judge(checkStorage(facts, storage, target.table, [...rebuild, ...records]));
  const plan = planRebuild(facts, storage, old, target, {
    mode,
    reboot: wishes.reboot ?? true,
    ...brought,
    replace: earlier !== undefined && !earlier.journal,
    tableLost: !found,
  });
  if (!earlier) return { plan };
  const { emit, stop } = wishes;
  const checked = earlier.journal ? await markProven(agent, plan, earlier.journal, facts, emit, stop) : plan;
  return { plan: checked, earlier: earlier.folder };
}

/**
 * For a phone without a readable table: calibration where the firmware would have it. Should it still be there, it is backed
 * up and stays.
 */
function assumedTable(
  facts: FirmwareFacts,
  storage: StorageInfo,
  ownBackup: BackupManifest | undefined,
): PartitionTable {
  const none: PartitionTable = {
    kind: tableKindOf(facts.layout) ?? 'gpt',
    source: 'none was found on the phone',
    partitions: [],
    ...(ownBackup?.tableRecord ? { record: ownBackup.tableRecord } : {}),
    ...(ownBackup?.tableIdentity ? { identity: ownBackup.tableIdentity } : {}),
  };
  const { table } = targetLayout(facts.layout, storage, none);
  return { ...none, partitions: table.partitions.filter((entry) => isCalibration(entry.name)) };
}

/** A backup may hold whole regions, too (the old preloader, the old table); they are not put back by these modes. */
function isPartition(name: string, { partitionTable }: BackupManifest): boolean {
  return partitionTable.some((entry) => entry.name === name);
}

async function earlierBackup({
  agent,
  identity,
  wishes,
  search,
  judge,
}: RebuildJob): Promise<EarlierBackup | undefined> {
  if (search.job && judge.isLifted('UNFINISHED_JOB')) return undefined;
  const folder = wishes.calibration ?? search.job?.folder;
  if (!folder) return undefined;
  const manifest = search.job?.manifest ?? (await readManifest(folder));
  if (samePhone(manifest, markOf(identity, agent.storage)) === 'other') judge.judge([otherPhone(folder.path)], true);
  wishes.emit({ type: 'note', phase: 'preflight', message: `Checking the backup in ${folder.path} …` });
  await verifyBackup(folder, manifest.files);
  const journal = search.job?.journal ?? (await readJournal(folder));
  const unfinished = journal && !journal.finished;
  judge.judge([unfinished ? goesOn(folder.path, journal) : usesBackup(folder.path, manifest)]);
  return { folder, manifest, ...(unfinished ? { journal } : {}) };
}

function goesOn(path: string, journal: JournalRecord): Finding {
  return {
    severity: 'warning',
    code: 'UNFINISHED_JOB',
    message: 'An earlier job on this phone was not finished. This one goes on with the backup that was made then.',
    evidence: [
      `the backup: ${path}; every file in it has been checked`,
      `the job: --mode ${journal.plan.mode} with ${journal.plan.firmware}, ${journal.proven.size} steps proven`,
    ],
    next: ['If the phone has worked since, and you want its present data to be kept: --force UNFINISHED_JOB'],
  };
}

function usesBackup(path: string, manifest: BackupManifest): Finding {
  return {
    severity: 'ok',
    code: 'BACKUP_CHECKED',
    message: `The calibration data come from the backup ${path}.`,
    evidence: manifest.files.map((file) => `${file.partition}: ${file.bytes} bytes, SHA-256 ${file.sha256}`),
    next: [],
  };
}

function otherPhone(path: string): Finding {
  return {
    severity: 'blocker',
    code: 'CALIBRATION_OF_OTHER_PHONE',
    message: 'This backup is of another phone. Its calibration data and identity do not belong here.',
    evidence: [`the backup: ${path}`],
    next: ['Use a backup that was made of this very phone.'],
  };
}
