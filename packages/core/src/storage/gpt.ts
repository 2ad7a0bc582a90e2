import { crc32, GPT_SIGNATURE, GptEntry, GptHeader, hex, hexBytes, latin1 } from '../wire/index.js';
import type { ReadBytes, TableProblem } from './read-bytes.js';
import type { GptIdentity, PartitionEntry, PartitionTable, Region } from './storage.js';

export interface GptResult {
  /** Absent when neither copy is valid. */
  table?: PartitionTable;
  primaryValid: boolean;
  backupValid: boolean;
  problems: TableProblem[];
}

/** Far above what any phone has (128 entries of 128 bytes); what claims more is damaged. */
const MAX_ENTRIES = 1024;
const MAX_ENTRY_SIZE = 4096;

type Header = ReturnType<typeof GptHeader.parse>;
/** One copy of the table: header and all entries, or why it does not count. */
export type GptCopy = { header: Header; entries: Uint8Array } | { why: string };

/**
 * Reads the GUID partition table (UEFI specification, chapter 5.3) of a region: the primary copy in its second sector, the
 * backup copy in its last. A copy counts only when both its checksums are right.
 *
 * @param regionSize bytes
 * @param sectorSize bytes: 512 on eMMC, 4096 on UFS
 * @throws what `read` throws; damage in the table is told in `problems`
 */
export async function parseGpt(
  read: ReadBytes,
  regionSize: number,
  sectorSize: number,
  region: Region = 'user',
): Promise<GptResult> {
  const problems: TableProblem[] = [];
  const lastSector = Math.floor(regionSize / sectorSize) - 1;
  const primary = await readGptCopy(read, 1, regionSize, sectorSize);
  let backup = await readGptCopy(read, lastSector, regionSize, sectorSize);
  if ('why' in backup && 'header' in primary && primary.header.backupLba !== lastSector) {
    // A storage that was written with the image of a smaller one keeps its backup where the smaller one ended.
    const elsewhere = await readGptCopy(read, primary.header.backupLba, regionSize, sectorSize);
    if ('header' in elsewhere) {
      backup = elsewhere;
      problems.push({
        code: 'GPT_BACKUP_MISPLACED',
        message: `The backup GPT lies at sector ${primary.header.backupLba}, not in the last sector ${lastSector}.`,
      });
    }
  }
  const primaryValid = 'header' in primary;
  const backupValid = 'header' in backup;
  if ('why' in primary) problems.push({ code: 'GPT_PRIMARY_INVALID', message: `Primary GPT: ${primary.why}.` });
  if ('why' in backup) problems.push({ code: 'GPT_BACKUP_INVALID', message: `Backup GPT: ${backup.why}.` });
  if ('header' in primary && 'header' in backup && primary.header.entriesCrc !== backup.header.entriesCrc) {
    problems.push({ code: 'GPT_COPIES_DIFFER', message: 'The two copies of the GPT list different partitions.' });
  }
  const used = 'header' in primary ? primary : backup;
  if ('why' in used) return { primaryValid, backupValid, problems };
  const source = primaryValid ? 'GPT at sector 1' : `backup GPT at sector ${used.header.currentLba}`;
  const identity: GptIdentity = { disk: hexBytes(used.header.diskGuid), partitions: [] };
  const partitions = partitionsOf(used, sectorSize, lastSector, region, problems, identity);
  const table: PartitionTable = { kind: 'gpt', source, partitions, identity };
  return { table, primaryValid, backupValid, problems };
}

/** The copy whose header lies in this sector. @throws what `read` throws */
export async function readGptCopy(
  read: ReadBytes,
  sector: number,
  regionSize: number,
  sectorSize: number,
): Promise<GptCopy> {
  if (sector < 1 || (sector + 1) * sectorSize > regionSize) return { why: `sector ${sector} is outside the storage` };
  const bytes = await read(sector * sectorSize, sectorSize);
  if (bytes.length < GptHeader.size) return { why: `sector ${sector} could not be read` };
  if (latin1(bytes.subarray(0, 8)) !== GPT_SIGNATURE) return { why: `no "${GPT_SIGNATURE}" at sector ${sector}` };
  let header: Header;
  try {
    header = GptHeader.parse(bytes);
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
  const { headerSize, entryCount, entrySize } = header;
  if (headerSize < GptHeader.size || headerSize > sectorSize) return { why: `its header claims ${headerSize} bytes` };
  const sealed = bytes.slice(0, headerSize);
  sealed.fill(0, GptHeader.offsets.headerCrc, GptHeader.offsets.headerCrc + 4);
  if (crc32(sealed) !== header.headerCrc) return { why: 'the checksum of its header is wrong' };
  if (header.currentLba !== sector) return { why: `it says it belongs to sector ${header.currentLba}` };
  if (entrySize < GptEntry.size || entrySize > MAX_ENTRY_SIZE || entrySize % 8 !== 0) {
    return { why: `it claims entries of ${entrySize} bytes` };
  }
  if (entryCount > MAX_ENTRIES) return { why: `it claims ${entryCount} entries` };
  const start = header.entriesLba * sectorSize;
  const length = entryCount * entrySize;
  if (start + Math.ceil(length / sectorSize) * sectorSize > regionSize)
    return { why: `it places its entries at sector ${header.entriesLba}` };
  const entries = (await read(start, Math.ceil(length / sectorSize) * sectorSize)).subarray(0, length);
  if (entries.length < length) return { why: 'its entries could not be read' };
  if (crc32(entries) !== header.entriesCrc) return { why: 'the checksum of its entries is wrong' };
  return { header, entries };
}

function partitionsOf(
  copy: { header: Header; entries: Uint8Array },
  sectorSize: number,
  lastSector: number,
  region: Region,
  problems: TableProblem[],
  identity: GptIdentity,
): PartitionEntry[] {
  const partitions: PartitionEntry[] = [];
  for (let i = 0; i < copy.header.entryCount; i++) {
    const bytes = copy.entries.subarray(i * copy.header.entrySize, (i + 1) * copy.header.entrySize);
    if (bytes.subarray(0, 16).every((byte) => byte === 0)) continue;
    let entry: ReturnType<typeof GptEntry.parse>;
    try {
      entry = GptEntry.parse(bytes);
    } catch {
      problems.push({ code: 'GPT_ENTRY_INVALID', message: `Entry ${i} of the GPT has impossible sector numbers.` });
      continue;
    }
    const name = nameOf(entry.name);
    if (entry.firstLba > entry.lastLba || entry.lastLba > lastSector) {
      problems.push({
        code: 'GPT_ENTRY_INVALID',
        message: `${name || `Entry ${i}`} lies at sectors ${hex(entry.firstLba)} to ${hex(entry.lastLba)}; the storage ends at ${hex(lastSector)}.`,
      });
      continue;
    }
    identity.partitions.push({
      name: name || `partition${i + 1}`,
      type: hexBytes(entry.typeGuid),
      own: hexBytes(entry.uniqueGuid),
      attributes: hexBytes(entry.attributes),
    });
    partitions.push({
      name: name || `partition${i + 1}`,
      region,
      start: entry.firstLba * sectorSize,
      length: (entry.lastLba - entry.firstLba + 1) * sectorSize,
    });
  }
  partitions.sort((a, b) => a.start - b.start);
  for (const [i, partition] of partitions.entries()) {
    const next = partitions[i + 1];
    if (next && partition.start + partition.length > next.start) {
      problems.push({ code: 'GPT_OVERLAP', message: `${partition.name} and ${next.name} overlap.` });
    }
  }
  return partitions;
}

function nameOf(field: Uint8Array): string {
  const text = new TextDecoder('utf-16le').decode(field);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
