import type { Agent } from '../agent/agent.js';
import type { DeviceIdentity } from '../bootrom/identity.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import { Sha256Stream } from '../hash.js';
import type { BackupStep } from '../plan/plan.js';
import type { PartitionTable, StorageInfo } from '../storage/storage.js';
import { hexBytes } from '../wire/index.js';
import type { BackupReport, EventSink } from './events.js';
import { PhaseProgress } from './phase-progress.js';

/** A file of the backup being written. */
export interface BackupFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Puts everything on the medium and returns the SHA-256 of what can be read back from it. */
  finish(): Promise<{ sha256: string }>;
}

/** A fresh folder for one backup; the face decides where it lies. Never reuses or overwrites anything. */
export interface BackupFolder {
  /** For the report: where a person finds it. */
  readonly path: string;
  create(fileName: string): Promise<BackupFile>;
  /** Small text files beside the images: the manifest and the checksum list. */
  writeText(fileName: string, text: string): Promise<void>;
}

/** What the backup was taken from, for its manifest. */
export interface BackupOrigin {
  chip: string;
  hwCode: number;
  meId?: string;
  /** Memory id, hex digits. */
  storageId: string;
  partitionTable: { name: string; region: string; start: number; length: number }[];
}

export function backupOrigin(identity: DeviceIdentity, storage: StorageInfo, table: PartitionTable): BackupOrigin {
  return {
    chip: identity.chip?.names[0] ?? 'unknown',
    hwCode: identity.hwCode,
    ...(identity.meId ? { meId: identity.meId } : {}),
    storageId: hexBytes(storage.id),
    partitionTable: table.partitions.map(({ name, region, start, length }) => ({ name, region, start, length })),
  };
}

/**
 * Reads each extent to a file, and compares the hash of what came from the phone with the hash of what lies on the medium.
 * @throws UnbrickError `BACKUP_FAILED`; nothing has been written to the phone then
 */
export async function runBackup(
  agent: Agent,
  steps: readonly BackupStep[],
  folder: BackupFolder,
  origin: BackupOrigin,
  emit: EventSink,
  stop?: AbortSignal,
): Promise<BackupReport> {
  const report: BackupReport = { folder: folder.path, files: [] };
  for (const step of steps) {
    stop?.throwIfAborted();
    const hash = await Sha256Stream.create();
    const progress = new PhaseProgress(emit, 'backup', step.partition, step.extent.length);
    let done = 0;
    try {
      const file = await folder.create(step.fileName);
      for await (const chunk of agent.read(step.extent, stop ? { stop } : {})) {
        hash.update(chunk);
        await file.write(chunk);
        done += chunk.length;
        progress.reach(done);
      }
      const sha256 = hash.digestHex();
      const stored = await file.finish();
      if (stored.sha256 !== sha256) throw unlike(step, folder, sha256, stored.sha256);
      report.files.push({ name: step.fileName, bytes: done, sha256 });
    } catch (cause) {
      stop?.throwIfAborted();
      if (cause instanceof UnbrickError) throw cause;
      throw new UnbrickError({
        code: 'BACKUP_FAILED',
        stage: 'backup',
        message: `The backup of ${step.partition} could not be written. Nothing was written to the phone.`,
        evidence: [
          cause instanceof Error ? cause.message : String(cause),
          `${done} of ${step.extent.length} bytes had been read`,
        ],
        next: ['Make room on the disk, or choose another folder with --backup-dir.'],
        cause,
      });
    }
  }
  try {
    await folder.writeText('SHA256SUMS', report.files.map((file) => `${file.sha256}  ${file.name}\n`).join(''));
    await folder.writeText(
      'manifest.json',
      `${JSON.stringify({ format: 1, ...origin, files: report.files }, null, 2)}\n`,
    );
  } catch (cause) {
    throw new UnbrickError({
      code: 'BACKUP_FAILED',
      stage: 'backup',
      message: 'The list of the backup could not be written. Nothing was written to the phone.',
      evidence: [cause instanceof Error ? cause.message : String(cause)],
      next: ['Make room on the disk, or choose another folder with --backup-dir.'],
      cause,
    });
  }
  return report;
}

function unlike(step: BackupStep, folder: BackupFolder, read: string, stored: string): UnbrickError {
  return new UnbrickError({
    code: 'BACKUP_FAILED',
    stage: 'backup',
    message: `The backup of ${step.partition} does not read back as it was written. Nothing was written to the phone.`,
    evidence: [`SHA-256 of the bytes from the phone: ${read}`, `SHA-256 of ${folder.path}/${step.fileName}: ${stored}`],
    next: ['This disk or memory is not reliable: use another computer or another disk (--backup-dir).'],
  });
}
