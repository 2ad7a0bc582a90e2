import { UnbrickError } from '../errors/unbrick-error.js';
import type { Finding } from '../preflight/finding.js';
import type { BackupFolder, BackupShelf, BegunJob } from './backup-folder.js';
import { type BackupManifest, readManifest } from './backup-manifest.js';
import { Journal, type JournalRecord, readJournal } from './journal.js';
import { type PhoneMark, samePhone } from './same-phone.js';

/** A job that began to change this phone and did not come to its end. */
export interface UnfinishedJob {
  folder: BackupFolder;
  manifest: BackupManifest;
  journal: JournalRecord;
}

export interface UnfinishedSearch {
  /** The oldest one: its backup is from before anything was changed. */
  job?: UnfinishedJob;
  findings: Finding[];
}

/**
 * Looks for unfinished jobs of this phone. Whatever keeps a found one from being used is a blocker, because a phone that may
 * be half-formatted must not be taken for a whole one.
 */
export async function findUnfinished(shelf: BackupShelf, phone: PhoneMark): Promise<UnfinishedSearch> {
  const search: UnfinishedSearch = { findings: [] };
  for (const begun of await shelf.begun()) {
    const opened = await open(begun, phone);
    if (!opened) continue;
    if ('severity' in opened) search.findings.push(opened);
    else search.job ??= opened;
  }
  return search;
}

/** The phone is whole: whatever was left undone on it before is of no account any more. */
export async function closeUnfinished(shelf: BackupShelf, phone: PhoneMark): Promise<void> {
  for (const begun of await shelf.begun()) {
    const found = await open(begun, phone);
    if (found && 'journal' in found) await Journal.close(found.folder);
    const own = begun.phone && samePhone(begun.phone, phone) === 'same';
    if (own || (found && 'journal' in found)) await shelf.finish(begun.path);
  }
}

/** Undefined for jobs that are finished or of another phone. */
async function open(begun: BegunJob, phone: PhoneMark): Promise<UnfinishedJob | Finding | undefined> {
  const { folder } = begun;
  const told = begun.phone && samePhone(begun.phone, phone);
  if (told === 'other') return undefined;
  // Without a folder only the note says whose job it was.
  if (!folder) return told === undefined ? undefined : backupGone(begun.path, ['the folder is not there']);
  let manifest: BackupManifest;
  let journal: JournalRecord | undefined;
  try {
    journal = await readJournal(folder);
    if (journal?.finished) return undefined;
    manifest = await readManifest(folder);
  } catch (cause) {
    if (!(cause instanceof UnbrickError)) throw cause;
    return told === undefined ? undefined : backupGone(begun.path, [cause.message, ...cause.evidence]);
  }
  const same = samePhone(manifest, phone);
  if (same === 'other' || !journal) return undefined;
  return same === 'same' ? { folder, manifest, journal } : unclear(begun.path, manifest);
}

function backupGone(path: string, evidence: string[]): Finding {
  return {
    severity: 'blocker',
    code: 'UNFINISHED_BACKUP_GONE',
    message: 'An earlier job on this phone was not finished, and the backup that it made cannot be read.',
    evidence: [`the backup was made in ${path}`, ...evidence],
    next: [
      'Put the folder back where it was, or connect the disk it is on, and repeat the command.',
      'If you have moved it: --calibration FOLDER',
    ],
  };
}

function unclear(path: string, manifest: BackupManifest): Finding {
  return {
    severity: 'blocker',
    code: 'UNFINISHED_JOB_UNCLEAR',
    message:
      'An earlier job on a phone of this kind was not finished, and it cannot be told whether it was this phone.',
    evidence: [
      `its backup: ${path}`,
      `both have chip ${manifest.chip} and the same type of memory; neither number of the phone was told both times`,
    ],
    next: [
      'Connect the phone in BROM mode (volume keys held): there it tells its number.',
      'If it is that phone: --calibration FOLDER with that folder. If not: --force UNFINISHED_JOB_UNCLEAR',
    ],
  };
}
