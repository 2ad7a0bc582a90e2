import type { DeviceIdentity } from '../bootrom/identity.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import { Sha256Stream } from '../hash.js';
import { PMT_FORMS } from '../storage/pmt-entries.js';
import type {
  GptIdentity,
  PartitionTable,
  PartitionTableKind,
  PmtRecord,
  Region,
  StorageInfo,
} from '../storage/storage.js';
import type { BackupFolder } from './backup-folder.js';
import { markOf, type PhoneMark } from './same-phone.js';

export const MANIFEST_FILE = 'manifest.json';
const FORMAT = 1;
/** Bytes that are read at once to check a file. */
const PIECE = 1 << 20;

export type BackupContent = 'calibration' | 'full' | 'partitions';

/** What the backup was taken from. */
export interface BackupOrigin extends PhoneMark {
  /** `calibration`: what a job keeps of a phone, with what it is about to replace; `full`: everything. */
  content: BackupContent;
  chip: string;
  tableKind: PartitionTableKind;
  partitionTable: { name: string; region: Region; start: number; length: number }[];
  /** How the list of a phone before GPT is written. Bytes. */
  tableRecord?: PmtRecord;
  /** GUIDs and attributes of its GPT. */
  tableIdentity?: GptIdentity;
}

/** One file of a backup and the place it was read from. Bytes. */
export interface BackupEntry {
  name: string;
  partition: string;
  region: Region;
  start: number;
  bytes: number;
  sha256: string;
}

export interface BackupManifest extends BackupOrigin {
  format: number;
  files: BackupEntry[];
}

export function backupOrigin(
  identity: DeviceIdentity,
  storage: StorageInfo,
  table: PartitionTable,
  content: BackupContent = 'calibration',
): BackupOrigin {
  return {
    content,
    chip: identity.chip?.names[0] ?? 'unknown',
    ...markOf(identity, storage),
    tableKind: table.kind,
    partitionTable: table.partitions.map(({ name, region, start, length }) => ({ name, region, start, length })),
    ...(table.record ? { tableRecord: table.record } : {}),
    ...(table.identity ? { tableIdentity: table.identity } : {}),
  };
}

/** The phone's partition table as it was when the backup was taken. */
export function tableOfManifest(origin: BackupOrigin): PartitionTable {
  const { tableKind, partitionTable, tableRecord, tableIdentity } = origin;
  return {
    kind: tableKind,
    source: 'the backup',
    partitions: partitionTable.map((entry) => ({ ...entry })),
    ...(tableRecord ? { record: tableRecord } : {}),
    ...(tableIdentity ? { identity: tableIdentity } : {}),
  };
}

export function manifestText(origin: BackupOrigin, files: readonly BackupEntry[]): string {
  const manifest: BackupManifest = { format: FORMAT, ...origin, files: [...files] };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** @throws UnbrickError `BACKUP_UNREADABLE` */
export async function readManifest(folder: BackupFolder): Promise<BackupManifest> {
  const text = await folder.readText(MANIFEST_FILE);
  if (text === undefined) throw unreadable(folder.path, `there is no ${MANIFEST_FILE} in it`);
  return parseManifest(text, folder.path);
}

/** @param where for messages @throws UnbrickError `BACKUP_UNREADABLE` */
export function parseManifest(text: string, where: string): BackupManifest {
  let manifest: Partial<BackupManifest> | null;
  try {
    manifest = JSON.parse(text) as Partial<BackupManifest> | null;
  } catch (cause) {
    throw unreadable(where, `${MANIFEST_FILE} is damaged: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (manifest?.format !== FORMAT) throw unreadable(where, `${MANIFEST_FILE} has format ${String(manifest?.format)}`);
  if (!isComplete(manifest)) throw unreadable(where, `${MANIFEST_FILE} lacks what a backup has to say`);
  return manifest;
}

function isComplete(manifest: Partial<BackupManifest>): manifest is BackupManifest {
  const { hwCode, storageKind, storageId, tableKind, partitionTable, tableRecord, tableIdentity, files } = manifest;
  return (
    typeof hwCode === 'number' &&
    typeof storageKind === 'string' &&
    typeof storageId === 'string' &&
    typeof tableKind === 'string' &&
    isListOf(partitionTable, ['name', 'region'], ['start', 'length']) &&
    (tableRecord === undefined || isRecord(tableRecord)) &&
    (tableIdentity === undefined || isIdentity(tableIdentity)) &&
    isListOf(files, ['name', 'partition', 'region', 'sha256'], ['start', 'bytes']) &&
    // Names only: a manifest must not lead out of its folder.
    (files ?? []).every(({ name }) => !/[\\/]/.test(name))
  );
}

function isListOf(list: unknown, texts: readonly string[], numbers: readonly string[]): boolean {
  return (
    Array.isArray(list) &&
    list.every(
      (each: Record<string, unknown> | null) =>
        each !== null &&
        typeof each === 'object' &&
        texts.every((key) => typeof each[key] === 'string') &&
        numbers.every((key) => Number.isSafeInteger(each[key]) && (each[key] as number) >= 0),
    )
  );
}

function isRecord(record: Partial<PmtRecord> | null): boolean {
  const written = record?.written;
  const known = [1, 3].includes(written?.generation ?? 0) && (PMT_FORMS as readonly unknown[]).includes(written?.form);
  return isListOf(record?.entries, ['name'], ['size', 'offset', 'mask']) && (written === undefined || known);
}

function isIdentity(identity: Partial<GptIdentity> | null): boolean {
  const isGuid = (digits: unknown) => typeof digits === 'string' && /^[0-9a-f]{32}$/.test(digits);
  return (
    isGuid(identity?.disk) &&
    isListOf(identity?.partitions, ['name'], []) &&
    (identity?.partitions ?? []).every(
      ({ type, own, attributes }) => isGuid(type) && isGuid(own) && /^[0-9a-f]{16}$/.test(attributes),
    )
  );
}

/**
 * Compares every file of a backup with its manifest.
 * @throws UnbrickError `BACKUP_DAMAGED` naming the first file that is not what it was
 */
export async function verifyBackup(
  folder: BackupFolder,
  files: readonly BackupEntry[],
  onFile?: (entry: BackupEntry) => void,
): Promise<void> {
  for (const entry of files) {
    onFile?.(entry);
    const source = await folder.open(entry.name);
    const hash = await Sha256Stream.create();
    for (let at = 0; at < source.size; at += PIECE)
      hash.update(await source.read(at, Math.min(PIECE, source.size - at)));
    const found = hash.digestHex();
    if (found === entry.sha256 && source.size === entry.bytes) continue;
    throw new UnbrickError({
      code: 'BACKUP_DAMAGED',
      stage: 'backup',
      message: `${entry.name} in the backup is not what it was when the backup was made. Nothing was written to the phone.`,
      evidence: [
        `the manifest says ${entry.bytes} bytes, SHA-256 ${entry.sha256}`,
        `${folder.path} has ${source.size} bytes, SHA-256 ${found}`,
      ],
      next: ['Look for another copy of this backup. Do not format the phone before there is a good one.'],
    });
  }
}

function unreadable(where: string, why: string): UnbrickError {
  return new UnbrickError({
    code: 'BACKUP_UNREADABLE',
    stage: 'backup',
    message: `${where} is no backup that can be used.`,
    evidence: [why],
    next: ['Name a folder that unbrick has made: unbrick-backup-…'],
  });
}
