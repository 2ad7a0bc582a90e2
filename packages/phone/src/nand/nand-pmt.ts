import { ascii, concat, latin1, struct, text, u32 } from '@unbrick/core/wire';
import { NAND_TABLE_BLOCKS } from '../profiles/nand-problem.js';
import { BadBlockFault, type NandPages } from './nand-chip.js';
import type { NandFlash } from './nand-flash.js';

/** A partition as the table on NAND has it. `start` and `size` in bytes. */
export interface NandPartition {
  name: string;
  start: number;
  size: number;
  mask: number;
}

/** The 32-bit form. */
const Entry = struct('little', { name: text(64), size: u32, offset: u32, mask: u32 });
const MAIN_MAGIC = ascii('1vTP');
const MIRROR_MAGIC = ascii('1TPM');
/** After the entry of this name nothing more comes. */
const LAST_NAME = 'BMTPOOL';
/** Spare bytes: the magic from the second on, then a number that counts the versions of the table. */
const SPARE_AT = 1;

/**
 * The partition table of NAND phones (PMT): two blocks before the pool, main copy and mirror. The main block is read from its
 * first page upward and the mirror from its last downward; the first hit counts. So a new version goes to the first page of
 * the emptied main block, and to the next empty page of the mirror, which is emptied only when it is full.
 */
export async function readNandPmt(flash: NandFlash): Promise<NandPartition[] | undefined> {
  const { main, mirror } = await newest(flash);
  const found = main ?? mirror;
  return found && parse(found.page);
}

/** Writes a new version into both blocks, the mirror first. @throws RangeError when the entries do not fit a page */
export async function writeNandPmt(flash: NandFlash, partitions: readonly NandPartition[]): Promise<void> {
  const { pagesPerBlock } = flash.chip.geometry;
  const { main, mirror } = await newest(flash);
  const sequence = ((main ?? mirror)?.sequence ?? 0) + 1;
  const [mainBlock, mirrorBlock] = tableBlocks(flash);
  const next = mirror ? (mirror.index + 1) % pagesPerBlock : 0;
  await put(flash, mirrorBlock, next, MIRROR_MAGIC, sequence, partitions);
  await put(flash, mainBlock, 0, MAIN_MAGIC, sequence, partitions);
}

/** Entries that one page holds. */
export function nandPmtCapacity(flash: NandFlash): number {
  return Math.floor((flash.chip.geometry.pageSize - MAIN_MAGIC.length) / Entry.size);
}

interface Version {
  page: Uint8Array;
  /** Page in its block. */
  index: number;
  sequence: number;
}

async function newest(flash: NandFlash): Promise<{ main: Version | undefined; mirror: Version | undefined }> {
  const [mainBlock, mirrorBlock] = tableBlocks(flash);
  if (mainBlock < 0) return { main: undefined, mirror: undefined };
  const main = (await versions(flash, mainBlock, MAIN_MAGIC)).at(0);
  const mirror = (await versions(flash, mirrorBlock, MIRROR_MAGIC)).at(-1);
  return { main, mirror };
}

function tableBlocks(flash: NandFlash): [main: number, mirror: number] {
  const first = flash.map.firstPoolBlock - NAND_TABLE_BLOCKS;
  return [first, first + 1];
}

async function versions(flash: NandFlash, block: number, magic: Uint8Array): Promise<Version[]> {
  const { pageSize, spareSize, pagesPerBlock } = flash.chip.geometry;
  const pages = await readBlock(flash, block);
  if (!pages) return [];
  const { data, spare } = pages;
  const found: Version[] = [];
  for (let index = 0; index < pagesPerBlock; index++) {
    const page = data.subarray(index * pageSize, (index + 1) * pageSize);
    const mark = spare.subarray(index * spareSize + SPARE_AT);
    if (!startsWith(page, magic) || !startsWith(mark, magic)) continue;
    found.push({ page, index, sequence: mark[magic.length] as number });
  }
  return found;
}

/** Nothing from a bad block that has no replacement. */
async function readBlock(flash: NandFlash, block: number): Promise<NandPages | undefined> {
  const { pagesPerBlock } = flash.chip.geometry;
  try {
    return await flash.readPages(block * pagesPerBlock, pagesPerBlock);
  } catch (fault) {
    if (fault instanceof BadBlockFault) return undefined;
    throw fault;
  }
}

/** Into a page that is empty; the first page of a block is emptied with the whole block. */
async function put(
  flash: NandFlash,
  block: number,
  index: number,
  magic: Uint8Array,
  sequence: number,
  partitions: readonly NandPartition[],
): Promise<void> {
  const { pageSize, pagesPerBlock } = flash.chip.geometry;
  const entries = partitions.map(({ name, size, start, mask }) => Entry.build({ name, size, offset: start, mask }));
  const list = concat(magic, ...entries);
  if (list.length > pageSize) throw new RangeError(`${partitions.length} partitions do not fit a page of the table`);
  const page = new Uint8Array(pageSize).fill(0xff);
  page.fill(0, magic.length, magic.length + Math.min(entries.length + 1, nandPmtCapacity(flash)) * Entry.size);
  page.set(list);
  const spare = new Uint8Array(flash.chip.freeSpare).fill(0xff);
  spare.set(magic, SPARE_AT);
  spare[SPARE_AT + magic.length] = sequence & 0xff;
  if (index === 0) await flash.erase(block);
  await flash.program(block * pagesPerBlock + index, page, spare);
}

function parse(page: Uint8Array): NandPartition[] {
  const partitions: NandPartition[] = [];
  for (let at = MAIN_MAGIC.length; at + Entry.size <= page.length; at += Entry.size) {
    if (!/^[\w.-]+$/.test(latin1(page.subarray(at, at + 64)))) break;
    const { name, size, offset, mask } = Entry.parse(page, at);
    if (size === 0) break;
    partitions.push({ name, start: offset, size, mask });
    if (name === LAST_NAME) break;
  }
  return partitions;
}

function startsWith(whole: Uint8Array, start: Uint8Array): boolean {
  return start.every((byte, i) => whole[i] === byte);
}
