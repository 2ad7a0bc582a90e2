import type { StorageKind } from '../../storage/storage.js';
import { hex } from '../../wire/index.js';
import { arrangeLayout } from './arrange-layout.js';
import { braceName } from './brace-names.js';
import { type BraceBlock, readBraceBlocks } from './brace-tokens.js';
import type { RawPartition } from './read-partition.js';
import type { ScatterFile, ScatterOperation, ScatterRegion } from './scatter.js';
import type { ScatterProblems } from './scatter-problems.js';
import { bytesOf, endRelativeOf, USUAL_BLOCK_SIZE } from './scatter-values.js';

/** "No download": hidden, never written by default. `RSV_` behind it: reserved. */
const HIDDEN = /^__NODL_(RSV_)?/i;

/** A block whose address was read. */
interface Placed extends BraceBlock {
  /** In the one map that lies over all regions, bytes. */
  linear: number;
  endRelative?: number;
}

/**
 * Reads a scatter file of the oldest form (MT6573 to MT6589): names and addresses only. Platform and storage are in the
 * name of the file, sizes in the distance to the next partition, all else in a table by name. See docs/protocol/scatter.md,
 * "Oldest form". Never throws; the layout is empty when there is no usable block.
 */
export function readBraceScatter(fileName: string, text: string, problems: ScatterProblems): ScatterFile {
  const blocks = readBraceBlocks(text, problems).flatMap((block) => placed(block, problems));
  const storage = storageOfName(fileName, blocks, problems);
  const platform = /MT\d{4}[A-Z]?(?![A-Z])/i.exec(fileName)?.[0]?.toUpperCase() ?? '';
  if (platform === '') {
    problems.warn(
      1,
      'SCATTER_PLATFORM_MISSING',
      `A scatter file of this form tells its chip by its name only (MT6577_Android_scatter_emmc.txt); '${fileName}' does not: it was renamed.`,
    );
  }
  const userBase = storage === 'emmc' ? startOfUserRegion(blocks, problems) : 0;
  tellOrder(blocks, problems);
  const raw = blocks.map((block, index) => ({
    partition: partitionOf(block, index, blocks, storage, userBase, problems),
    content: `${block.name} ${block.address}`.toLowerCase(),
  }));
  const partitions = arrangeLayout(raw, storage, problems);
  const reserved = partitions.find((partition) => partition.endRelativeBlocks !== undefined);
  if (reserved) {
    const usual = hex(USUAL_BLOCK_SIZE[storage]);
    const message = `A file of this form gives no block_size, in which ${reserved.name} is counted back from the end; ${usual} is taken, which is usual for ${storage.toUpperCase()}.`;
    problems.warn(reserved.line, 'SCATTER_BLOCK_SIZE_GUESSED', message);
  }
  return {
    fileName,
    form: 'brace',
    version: 'V0',
    platform,
    project: '',
    layouts: partitions.length === 0 ? [] : [{ storage, blockSize: USUAL_BLOCK_SIZE[storage], partitions }],
    problems: problems.list(),
  };
}

function placed(block: BraceBlock, problems: ScatterProblems): Placed[] {
  const linear = bytesOf(block.address);
  if (linear === undefined) {
    problems.tell(
      block.line,
      !HIDDEN.test(block.name),
      'SCATTER_VALUE_UNREADABLE',
      `${block.name.slice(0, 40)} has the address '${block.address.slice(0, 40)}', which is no number of the form 0x…; the partition is left out.`,
    );
    return [];
  }
  const endRelative = endRelativeOf(linear);
  return [{ ...block, linear, ...(endRelative === undefined ? {} : { endRelative }) }];
}

/** `_emmc` in the file's name says eMMC, anything else NAND; a list with an MBR in it is one for eMMC whatever its name. */
function storageOfName(fileName: string, blocks: readonly Placed[], problems: ScatterProblems): StorageKind {
  const named = /emmc/i.test(fileName);
  const master = blocks.find((block) => /^(__NODL_)?MBR$/i.test(block.name));
  if (named || !master) return named ? 'emmc' : 'nand';
  problems.warn(
    master.line,
    'SCATTER_STORAGE_GUESSED',
    `The name '${fileName}' says NAND storage (no _emmc in it), but the file has an MBR, as only eMMC phones do; it is taken to be EMMC.`,
  );
  return 'emmc';
}

/** The linear map begins with the boot areas; the MBR is the first partition of the user area. */
function startOfUserRegion(blocks: readonly Placed[], problems: ScatterProblems): number | undefined {
  const master = blocks.find((block) => /^(__NODL_)?MBR$/i.test(block.name));
  if (master && master.endRelative === undefined) return master.linear;
  problems.tell(
    blocks[0]?.line ?? 1,
    true,
    'SCATTER_ADDRESS_UNKNOWN',
    'The file is for EMMC storage but has no MBR, with which the user area begins: where its partitions lie is not told.',
  );
  return undefined;
}

function tellOrder(blocks: readonly Placed[], problems: ScatterProblems): void {
  const fixed = blocks.filter((block) => block.endRelative === undefined);
  for (let i = 1; i < fixed.length; i++) {
    const [before, block] = [fixed[i - 1] as Placed, fixed[i] as Placed];
    if (block.linear > before.linear) continue;
    problems.tell(
      block.line,
      true,
      'SCATTER_ADDRESS_ORDER',
      `${block.name} begins at ${hex(block.linear)}, not behind ${before.name} (line ${before.line}, ${hex(before.linear)}); addresses ascend in files of this form.`,
    );
  }
}

function partitionOf(
  block: Placed,
  index: number,
  blocks: readonly Placed[],
  storage: StorageKind,
  userBase: number | undefined,
  problems: ScatterProblems,
): RawPartition {
  const prefix = HIDDEN.exec(block.name);
  const name = block.name.slice(prefix?.[0].length ?? 0) || block.name;
  const known = braceName(name);
  const visible = prefix === null;
  const isReserved = prefix?.[1] !== undefined || block.endRelative !== undefined;
  if (visible && !known) {
    problems.warn(
      block.line,
      'SCATTER_FILE_NOT_NAMED',
      `Files of this form name no images, and which one belongs to ${name} is not known; it is not ticked.`,
    );
  }
  if (block.linear % 4 !== 0 && block.endRelative === undefined) {
    problems.tell(
      block.line,
      visible,
      'SCATTER_ADDRESS_UNALIGNED',
      `${name} starts at ${hex(block.linear)}: not a multiple of 4.`,
    );
  }
  const files = visible ? (known?.files ?? []) : [];
  const region = regionOfBlock(block, storage, userBase);
  const base = region === 'user' ? (userBase ?? 0) : 0;
  const start = block.endRelative === undefined ? block.linear - base : block.linear;
  return {
    name,
    ...(files[0] === undefined ? {} : { fileName: files[0], fileAlternatives: files }),
    isDownload: files.length > 0,
    type: known?.type ?? 'NORMAL_ROM',
    linearStart: block.linear,
    start,
    ...(block.endRelative === undefined ? {} : { endRelativeBlocks: block.endRelative }),
    size: sizeOf(block, blocks, storage, userBase),
    region,
    operation: isReserved ? 'RESERVED' : operationOf(visible, known?.operation),
    operationText: '',
    boundaryCheck: true,
    isReserved,
    storage,
    line: block.line,
    index,
    startMissing: false,
  };
}

/** What is hidden is nothing to update, whatever it is otherwise. */
function operationOf(visible: boolean, byName: ScatterOperation = 'UPDATE'): ScatterOperation {
  return byName === 'UPDATE' && !visible ? 'INVISIBLE' : byName;
}

function regionOfBlock(block: Placed, storage: StorageKind, userBase: number | undefined): ScatterRegion {
  if (storage === 'nand') return 'nand';
  if (block.endRelative !== undefined) return 'user';
  if (userBase === undefined) return 'none';
  return block.linear < userBase ? 'boot1' : 'user';
}

/** Up to the next partition in the map; 0, the rest of the storage, for the last one and those counted from the end. */
function sizeOf(block: Placed, blocks: readonly Placed[], storage: StorageKind, userBase: number | undefined): number {
  if (block.endRelative !== undefined) return 0;
  const region = regionOfBlock(block, storage, userBase);
  const next = blocks.filter((other) => other.endRelative === undefined && other.linear > block.linear);
  const nearest = Math.min(...next.map((other) => other.linear));
  if (next.length === 0) return 0;
  return region === 'boot1' ? Math.min(nearest, userBase ?? nearest) - block.linear : nearest - block.linear;
}
