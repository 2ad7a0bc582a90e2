import type { Agent, TransferOptions } from '../agent/agent.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import { Sha256Stream } from '../hash.js';
import type { BackupStep } from '../plan/plan.js';
import type { BackupFolder } from './backup-folder.js';
import { type BackupEntry, type BackupOrigin, MANIFEST_FILE, manifestText } from './backup-manifest.js';
import type { BackupReport, EventSink } from './events.js';
import { PhaseProgress } from './phase-progress.js';

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
  beforeManifest: () => Promise<void> = async () => {},
): Promise<BackupReport> {
  const files: BackupEntry[] = [];
  for (const step of steps) {
    stop?.throwIfAborted();
    const progress = new PhaseProgress(emit, 'backup', step.partition, step.extent.length);
    let done = 0;
    const onBytes = (bytes: number) => {
      done = bytes;
      progress.reach(bytes);
    };
    try {
      const sha256 = await readToFile(agent, step, folder, { onBytes, ...(stop ? { stop } : {}) });
      const { region, start } = step.extent;
      files.push({ name: step.fileName, partition: step.partition, region, start, bytes: done, sha256 });
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
    await beforeManifest();
    await folder.writeText('SHA256SUMS', files.map((file) => `${file.sha256}  ${file.name}\n`).join(''));
    // Last: a backup without a manifest was never finished.
    await folder.writeText(MANIFEST_FILE, manifestText(origin, files));
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
  return { folder: folder.path, files: files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })) };
}

/** Gives the SHA-256 of what was read and lies on the medium. */
async function readToFile(
  agent: Agent,
  step: BackupStep,
  folder: BackupFolder,
  { onBytes, ...options }: Required<Pick<TransferOptions, 'onBytes'>> & TransferOptions,
): Promise<string> {
  const hash = await Sha256Stream.create();
  const file = await folder.create(step.fileName);
  try {
    let done = 0;
    for await (const chunk of agent.read(step.extent, options)) {
      hash.update(chunk);
      await file.write(chunk);
      done += chunk.length;
      onBytes(done);
    }
    if (done !== step.extent.length) throw new Error(`the phone sent ${done} of ${step.extent.length} bytes`);
  } catch (cause) {
    // What went wrong first is what counts.
    await file.abandon().catch(() => {});
    throw cause;
  }
  const sha256 = hash.digestHex();
  const stored = await file.finish();
  if (stored.sha256 !== sha256) throw unlike(step, folder, sha256, stored.sha256);
  return sha256;
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
