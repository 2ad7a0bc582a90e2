import { UnbrickError } from '../errors/unbrick-error.js';
import { parseGpt } from './gpt.js';
import { parseMbr } from './mbr.js';
import { parseNandPmt } from './nand-pmt.js';
import { parsePmt } from './pmt.js';
import type { ReadBytes, TableProblem } from './read-bytes.js';
import type { NandGeometry, PartitionTable, Region } from './storage.js';

export interface FoundTable {
  table: PartitionTable;
  /** What was wrong with this table or with copies that were passed over. */
  problems: TableProblem[];
}

/**
 * Finds the partition table in the raw storage: primary GPT, backup GPT, then on eMMC the PMT, its mirror, and the MBR.
 *
 * @param read reads the region that holds the partitions (`user`, on UFS `lu2`); offsets and lengths are multiples of the
 *   sector size
 * @param regionSize bytes
 * @param sectorSize bytes: 512 on eMMC, 4096 on UFS
 * @throws UnbrickError `NO_PARTITION_TABLE`, and what `read` throws
 */
export async function findPartitionTable(
  read: ReadBytes,
  regionSize: number,
  sectorSize: number,
  region: Region = sectorSize === 512 ? 'user' : 'lu2',
): Promise<FoundTable> {
  const problems: TableProblem[] = [];
  const gpt = await parseGpt(read, regionSize, sectorSize, region);
  problems.push(...gpt.problems);
  if (gpt.table && gpt.table.partitions.length > 0) return { table: gpt.table, problems };
  if (gpt.table) problems.push({ code: 'GPT_EMPTY', message: 'The GPT lists no partitions.' });
  if (sectorSize === 512) {
    const pmt = await parsePmt(read, regionSize);
    // A GPT phone has no PMT: its absence is news only when nothing else is found either.
    if (pmt.table) return { table: pmt.table, problems: pmt.problems };
    const mbr = await parseMbr(read, regionSize, region);
    if (mbr.table) return { table: mbr.table, problems: mbr.problems };
    problems.push(...pmt.problems, ...mbr.problems);
  }
  throw noTable(problems.map(toldWithCode));
}

function toldWithCode({ code, message }: TableProblem): string {
  return `${message} [${code}]`;
}

/** `NO_PARTITION_TABLE`. @param evidence where it was looked for, and what was there */
export function noTable(evidence: readonly string[]): UnbrickError {
  return new UnbrickError({
    code: 'NO_PARTITION_TABLE',
    stage: 'agent',
    message: 'The phone’s storage holds no partition table that can be read.',
    evidence: [...evidence],
    next: [
      'Read a backup of the whole storage before anything else: its calibration data may still be there.',
      'A table can be restored from a complete firmware made for exactly this model (pgpt image).',
    ],
  });
}

/**
 * The table of a raw NAND: the PMT in the two blocks before its bad-block pool, which is the end of the region.
 * @throws UnbrickError `NO_PARTITION_TABLE`, and what `read` throws
 */
export async function readTableFromNand(
  read: ReadBytes,
  regionSize: number,
  nand: Pick<NandGeometry, 'pageSize' | 'eraseBlock'>,
): Promise<PartitionTable> {
  const { table, problems } = await parseNandPmt(read, regionSize, nand);
  if (table) return problems.length > 0 ? { ...table, problems } : table;
  throw noTable(problems.map(toldWithCode));
}

/** {@link findPartitionTable} for callers that need the table only; it brings its problems along. */
export async function readTableFromStorage(
  read: ReadBytes,
  regionSize: number,
  sectorSize: number,
  region?: Region,
): Promise<PartitionTable> {
  const { table, problems } = await findPartitionTable(read, regionSize, sectorSize, region);
  return problems.length > 0 ? { ...table, problems } : table;
}
