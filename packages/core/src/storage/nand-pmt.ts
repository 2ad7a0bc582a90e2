import { viewOf } from '../wire/index.js';
import { PMT_MAIN_MAGICS, PMT_MIRROR_MAGICS } from './pmt.js';
import { nandPmtPartitions, readPmtList } from './pmt-entries.js';
import type { ReadBytes, TableProblem } from './read-bytes.js';
import type { NandGeometry, PartitionTable, PmtEntry } from './storage.js';

export interface NandPmtResult {
  /** Absent when neither block holds a table. */
  table?: PartitionTable;
  problems: TableProblem[];
}

/** A table has at most 128 entries of 0x60 bytes. */
const LONGEST_TABLE = 0x4000;

/**
 * Reads the PMT of a raw NAND. Its two copies lie in the last two erase blocks before the bad-block pool, which is the end of
 * the region: first the main copy, searched from its first page on, then the mirror, searched from its last page back; a
 * block holds the versions of the table one page after the other. See docs/protocol/partition-tables.md, "PMT".
 * @param regionSize bytes
 * @throws what `read` throws; damage in the table is told in `problems`
 */
export async function parseNandPmt(
  read: ReadBytes,
  regionSize: number,
  { pageSize, eraseBlock }: Pick<NandGeometry, 'pageSize' | 'eraseBlock'>,
): Promise<NandPmtResult> {
  const problems: TableProblem[] = [];
  const mainStart = Math.floor(regionSize / eraseBlock) * eraseBlock - 2 * eraseBlock;
  if (mainStart < 0) {
    problems.push({ code: 'PMT_MAIN_INVALID', message: `${regionSize} bytes are too few to hold a PMT.` });
    return { problems };
  }
  const pages = Array.from({ length: eraseBlock / pageSize }, (_, i) => i * pageSize);
  const main = inBlock(await read(mainStart, eraseBlock), pages, PMT_MAIN_MAGICS);
  if (typeof main !== 'string') return { table: tableOf(main, 'PMT'), problems };
  problems.push({ code: 'PMT_MAIN_INVALID', message: `Main PMT: ${main}.` });
  const mirror = inBlock(await read(mainStart + eraseBlock, eraseBlock), pages.reverse(), PMT_MIRROR_MAGICS);
  if (typeof mirror !== 'string') return { table: tableOf(mirror, 'PMT mirror'), problems };
  problems.push({ code: 'PMT_MIRROR_INVALID', message: `PMT mirror: ${mirror}.` });
  return { problems };
}

function tableOf(entries: PmtEntry[], source: string): PartitionTable {
  return { kind: 'pmt', source, partitions: nandPmtPartitions(entries), record: { entries } };
}

/** The entries of the first page that begins with one of the magics, or why there are none. */
function inBlock(block: Uint8Array, pages: readonly number[], magics: readonly number[]): PmtEntry[] | string {
  const page = pages.find((at) => at + 4 <= block.length && magics.includes(viewOf(block).getUint32(at, true)));
  if (page === undefined) return 'no page of its block begins with a PMT magic';
  // Newer builds keep a second word before the entries: the first name tells.
  for (const head of [4, 8]) {
    const list = readPmtList(block.subarray(page + head, page + LONGEST_TABLE));
    if (list) return list.entries;
  }
  return 'its entries cannot be understood';
}
