import { struct, text, u32, viewOf } from '../wire/index.js';
import { pmtPartitions, readPmtList } from './pmt-entries.js';
import type { ReadBytes, TableProblem } from './read-bytes.js';
import type { PartitionTable, PmtRecord } from './storage.js';

/** Bytes of one copy on eMMC, and how far before the end of the user area the main copy begins. */
export const PMT_COPY_SIZE = 0x1000;
export const PMT_DISTANCE_FROM_END = 0x100000;
/** Magic words of the main copy ("PT") and the mirror ("MPT"), in both generations. */
export const PMT_MAIN_MAGICS: readonly number[] = [0x50547631, 0x50547633];
export const PMT_MIRROR_MAGICS: readonly number[] = [0x4d505431, 0x4d505433];
export const PMT_VERSION = '1.0';
/** Both stand before the entries; the magic is repeated in the last four bytes of the copy. */
export const PmtHead = struct('little', { magic: u32, version: text(4) });

export interface PmtResult {
  /** Absent when neither copy is valid. */
  table?: PartitionTable;
  mainValid: boolean;
  mirrorValid: boolean;
  problems: TableProblem[];
}

/**
 * Reads the PMT, the partition list of eMMC phones before GPT (MT6577 … MT6592). See docs/protocol/partition-tables.md, "PMT".
 * @param regionSize size of the user area, bytes
 * @throws what `read` throws; damage in the table is told in `problems`
 */
export async function parsePmt(read: ReadBytes, regionSize: number): Promise<PmtResult> {
  const mainStart = regionSize - PMT_DISTANCE_FROM_END;
  const problems: TableProblem[] = [];
  if (mainStart < 0) {
    problems.push({ code: 'PMT_MAIN_INVALID', message: `${regionSize} bytes are too few to hold a PMT.` });
    return { mainValid: false, mirrorValid: false, problems };
  }
  const { main, mirror } = await readPmtCopies(read, regionSize);
  if (typeof main === 'string') problems.push({ code: 'PMT_MAIN_INVALID', message: `Main PMT: ${main}.` });
  if (typeof mirror === 'string') problems.push({ code: 'PMT_MIRROR_INVALID', message: `PMT mirror: ${mirror}.` });
  const used = typeof main === 'string' ? mirror : main;
  const source = used === main ? 'PMT' : 'PMT mirror';
  return {
    ...(typeof used === 'string'
      ? {}
      : { table: { kind: 'pmt', source, partitions: pmtPartitions(used.entries), record: used } }),
    mainValid: typeof main !== 'string',
    mirrorValid: typeof mirror !== 'string',
    problems,
  };
}

/**
 * What is written in the two copies of a PMT, or why one does not count.
 * @param regionSize size of the user area, bytes
 * @throws what `read` throws
 */
export async function readPmtCopies(
  read: ReadBytes,
  regionSize: number,
): Promise<{ main: PmtRecord | string; mirror: PmtRecord | string; bytes: Uint8Array }> {
  const bytes = await read(regionSize - PMT_DISTANCE_FROM_END, 2 * PMT_COPY_SIZE);
  const main = readCopy(bytes.subarray(0, PMT_COPY_SIZE), PMT_MAIN_MAGICS);
  const mirror = readCopy(bytes.subarray(PMT_COPY_SIZE), PMT_MIRROR_MAGICS);
  return { main, mirror, bytes };
}

/** What is written in a copy, or why it does not count. */
function readCopy(copy: Uint8Array, magics: readonly number[]): PmtRecord | string {
  if (copy.length < PMT_COPY_SIZE) return 'it could not be read';
  const { magic, version } = PmtHead.parse(copy);
  if (!magics.includes(magic)) return 'its first word is no PMT magic';
  if (version !== PMT_VERSION) return `its version is not ${PMT_VERSION}`;
  if (viewOf(copy).getUint32(PMT_COPY_SIZE - 4, true) !== magic) return 'it does not end with its magic';
  const list = readPmtList(copy.subarray(PmtHead.size, PMT_COPY_SIZE - 4));
  if (!list) return 'its entries cannot be understood';
  const generation = magics.indexOf(magic) === 0 ? 1 : 3;
  return { entries: list.entries, written: { generation, form: list.form } };
}
