import type { Agent } from '../agent/agent.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import { parsePreloader } from '../firmware/preloader.js';
import { type ScatterEntry, writeScatter } from '../firmware/scatter/write-scatter.js';
import { readWhole } from '../firmware/source.js';
import { type BackupWishes, planBackup, TABLE_FILES } from '../plan/backup-plan.js';
import type { Plan } from '../plan/plan.js';
import { END_RELATIVE, isReservedPlace } from '../storage/pmt-entries.js';
import { bootRegions, type PartitionTable, type StorageInfo, userRegion } from '../storage/storage.js';
import { type AgentJob, needAgent, withAgent } from './agent-job.js';
import { runBackup } from './backup.js';
import type { BackupFolder, BackupShelf } from './backup-folder.js';
import { type BackupOrigin, backupOrigin } from './backup-manifest.js';
import type { BackupReport } from './events.js';
import { readTable } from './phone-session.js';
import { markOf } from './same-phone.js';
import { findUnfinished } from './unfinished-job.js';

export interface BackupJob extends AgentJob, BackupWishes {
  backups: BackupShelf;
}

/** What allocation units of eMMC and UFS scatter files are, bytes. */
const SCATTER_BLOCK = 0x20000;

/**
 * Reads a phone to a fresh folder: its calibration, or all of it as a package that flash tools take. Changes nothing.
 * @throws UnbrickError `AGENT_MISSING`, `NO_PARTITION_TABLE`, and what reaching and reading a phone throw
 */
export function backUpPhone(job: BackupJob): Promise<BackupReport> {
  return withAgent(job, async (phone, started, agentFile) => {
    const agent = needAgent(started);
    const table = await readTable(agent);
    await warnOfUnfinished(job, markOf(phone.identity, agent.storage));
    const origin = backupOrigin(phone.identity, agent.storage, table, job.all ? 'full' : 'calibration');
    const plan = planBackup(agent.storage, table, `${origin.chip}, ${agent.storage.kind.toUpperCase()}`, job);
    job.emit({ type: 'plan', plan });
    await tellOfLittleRoom(job, plan);
    const folder = await job.backups.make(origin.chip);
    const steps = plan.steps.filter((step) => step.kind === 'backup');
    const finish = async () => {
      await addPackage(agent, plan, table, origin, folder);
      if (agentFile) await writeFile(folder, agentFile.fileName, agentFile.bytes);
    };
    return runBackup(agent, steps, folder, origin, job.emit, job.stop, job.all ? finish : undefined);
  });
}

/** A half-formatted phone can be read, but it must not be taken for the backup of a whole one. */
async function warnOfUnfinished({ backups, emit }: BackupJob, phone: ReturnType<typeof markOf>): Promise<void> {
  const { job } = await findUnfinished(backups, phone);
  if (!job) return;
  const message = `A job on this phone was not finished: what it holds now is not whole. Its good backup is ${job.folder.path}`;
  emit({ type: 'note', phase: 'backup', message });
}

/** How much a backup needs is known only when it is done: what is empty on the phone takes no room on most disks. */
async function tellOfLittleRoom({ backups, emit }: BackupJob, { steps }: Plan): Promise<void> {
  const free = await backups.freeBytes?.();
  const most = steps.reduce((sum, step) => sum + (step.kind === 'backup' ? step.bytes : 0), 0);
  if (free === undefined || free >= most) return;
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const message =
    `The disk has room for ${gib(free)}, the backup is of ${gib(most)}: it fits only if enough of the phone is empty, ` +
    'and only on disks that need no room for zeros (not on Windows).';
  emit({ type: 'note', phase: 'backup', message });
}

/** The plain preloader and a scatter file beside the images: with an agent file the folder is a firmware then. */
async function addPackage(
  agent: Agent,
  plan: Plan,
  table: PartitionTable,
  origin: BackupOrigin,
  folder: BackupFolder,
): Promise<void> {
  const { kind, nand } = agent.storage;
  const files = new Map(
    plan.steps.flatMap((step) => (step.kind === 'backup' ? [[step.partition, step] as const] : [])),
  );
  const entries: ScatterEntry[] = [];
  const preloader = await plainPreloader(folder, files.get(bootRegions(kind)[0] ?? '')?.fileName);
  const boot = bootRegions(kind)[0];
  if (boot && kind !== 'nand') {
    const file = preloader ? { fileName: PRELOADER_FILE } : {};
    const size = agent.storage.regions.get(boot) ?? 0;
    entries.push({ name: 'preloader', region: boot, start: 0, size, isPreloader: true, ...file });
    if (preloader) await writeFile(folder, PRELOADER_FILE, preloader.file);
  }
  for (const { name, region, start, length } of table.partitions) {
    const step = files.get(name);
    const isPreloader = kind === 'nand' && name.toLowerCase() === 'preloader';
    entries.push({ name, region, start, size: length, isPreloader, ...(step ? { fileName: step.fileName } : {}) });
  }
  for (const name of TABLE_FILES) {
    const step = files.get(name);
    if (!step || name === 'pmt') continue;
    entries.push({ name, ...step.extent, size: step.extent.length, isTable: true });
  }
  entries.push(...reserves(agent.storage, table));
  const making = {
    platform: origin.chip,
    project: preloader?.project ?? 'backup',
    storage: kind,
    blockSize: nand?.eraseBlock ?? SCATTER_BLOCK,
    entries: entries.sort(
      (a, b) => Number(b.isPreloader ?? false) - Number(a.isPreloader ?? false) || a.start - b.start,
    ),
  };
  await folder.writeText(`${origin.chip}_Android_scatter.txt`, writeScatter(making));
}

/** What a scatter file counts from the end: on NAND it tells an agent where the reserve for bad blocks begins. */
function reserves({ kind, nand, regions }: StorageInfo, { record }: PartitionTable): ScatterEntry[] {
  const region = userRegion(kind);
  const start = regions.get(region) ?? 0;
  if (nand) {
    return [{ name: 'BMTPOOL', region, start, size: nand.poolSize, blocksFromEnd: nand.poolSize / nand.eraseBlock }];
  }
  const reserved = (record?.entries ?? []).filter((entry) => isReservedPlace(entry) && entry.offset >= END_RELATIVE);
  return reserved.map(({ name, size, offset }) => ({
    name,
    region,
    start,
    size,
    blocksFromEnd: offset - END_RELATIVE,
  }));
}

const PRELOADER_FILE = 'preloader.bin';
/** Boot areas have a few MiB. */
const BOOT_AREA_LIMIT = 64 << 20;

/** Undefined when the boot area holds nothing that is one: then the package comes without a preloader. */
async function plainPreloader(folder: BackupFolder, fileName: string | undefined) {
  if (fileName === undefined) return undefined;
  try {
    return parsePreloader(fileName, await readWhole(await folder.open(fileName), BOOT_AREA_LIMIT));
  } catch (cause) {
    if (cause instanceof UnbrickError || cause instanceof RangeError) return undefined;
    throw cause;
  }
}

async function writeFile(folder: BackupFolder, name: string, bytes: Uint8Array): Promise<void> {
  const file = await folder.create(name);
  await file.write(bytes);
  await file.finish();
}
