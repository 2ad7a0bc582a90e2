import type { StorageKind } from '../../storage/storage.js';
import { hex } from '../../wire/index.js';
import type { ScatterPartition, ScatterRegion } from './scatter.js';
import type { ScatterBlock } from './scatter-blocks.js';
import type { ScatterProblems } from './scatter-problems.js';
import { bytesOf, endRelativeOf, flagOf, isKnownType, operationOf, regionOf, storageOf } from './scatter-values.js';

/** A partition as read, before the addresses of its layout are looked at together. */
export interface RawPartition extends ScatterPartition {
  /** The scatter file gives no physical address. */
  startMissing: boolean;
}

/** Longest name that the original tool takes, bytes. */
const NAME_LIMIT = 64;

/**
 * Reads one partition block of a layout for `storage`. Never fails: what is missing or unreadable becomes a problem, an
 * error when the partition is ticked, for then it would be written.
 */
export function readPartition(
  block: ScatterBlock,
  index: number,
  storage: StorageKind,
  problems: ScatterProblems,
): RawPartition {
  const { line } = block;
  const index0 = block.value('partition_index') ?? `partition ${index}`;
  const name = block.value('partition_name') ?? '';
  const shown = name === '' ? index0 : name;
  const isDownload = flag(block, 'is_download', shown, false, problems) ?? false;
  const reader = { block, shown, ticked: isDownload, problems };

  if (name === '') problems.tell(line, isDownload, 'SCATTER_KEY_MISSING', `${index0} has no partition_name.`);
  if (new TextEncoder().encode(name).length > NAME_LIMIT) {
    problems.warn(
      line,
      'SCATTER_NAME_TOO_LONG',
      `The name '${name.slice(0, 20)}…' is longer than ${NAME_LIMIT} bytes.`,
    );
  }
  if (block.value('is_download') === undefined) {
    problems.warn(line, 'SCATTER_KEY_MISSING', `${shown} does not say is_download; it is taken as not ticked.`);
  }
  tellContradictions(reader);

  const fileName = fileNameOf(block.value('file_name'));
  if (isDownload && fileName === undefined) {
    problems.warn(line, 'SCATTER_FILE_NOT_NAMED', `${shown} is ticked (is_download: true) but names no file.`);
  }
  const operationText = block.value('operation_type') ?? '';
  const operation = operationOf(operationText);
  if (operation === 'UNKNOWN') {
    problems.tell(
      block.entry('operation_type')?.line ?? line,
      isDownload,
      operationText === '' ? 'SCATTER_KEY_MISSING' : 'SCATTER_OPERATION_UNKNOWN',
      operationText === ''
        ? `${shown} has no operation_type.`
        : `${shown} has the unknown operation_type '${operationText}'.`,
    );
  }

  const linear = number(reader, 'linear_start_addr');
  const physical = number(reader, 'physical_start_addr');
  const start = physical ?? 0;
  const endRelative = physical === undefined ? undefined : endRelativeOf(physical);
  const size = number(reader, 'partition_size');
  if (block.value('partition_size') === undefined) {
    problems.tell(line, isDownload, 'SCATTER_KEY_MISSING', `${shown} has no partition_size.`);
  }
  // Flash is addressed in words at least; the original tool refuses anything else (5012, 5013).
  if (endRelative === undefined && (start % 4 !== 0 || (size ?? 0) % 4 !== 0)) {
    problems.tell(
      line,
      isDownload,
      'SCATTER_ADDRESS_UNALIGNED',
      `${shown} starts at ${hex(start)} with ${hex(size ?? 0)} bytes: not a multiple of 4.`,
    );
  }

  const type = block.value('type') ?? 'NONE';
  if (!isKnownType(type)) {
    const message = `${shown} has the unknown type '${type.slice(0, 40)}'; how it is written is decided by what its image is.`;
    problems.warn(block.entry('type')?.line ?? line, 'SCATTER_TYPE_UNKNOWN', message);
  }
  const reserved = flag(block, 'is_reserved', shown, isDownload, problems);
  return {
    name: shown,
    ...(fileName === undefined ? {} : { fileName }),
    isDownload,
    type: type.toUpperCase(),
    ...(linear === undefined ? {} : { linearStart: linear }),
    start,
    ...(endRelative === undefined ? {} : { endRelativeBlocks: endRelative }),
    size: size ?? 0,
    region: region(reader, storage),
    operation,
    operationText,
    boundaryCheck: flag(block, 'boundary_check', shown, isDownload, problems) ?? true,
    isReserved: reserved ?? endRelative !== undefined,
    storage: storageWord(reader) ?? storage,
    ...lesserKeys(reader),
    line,
    index,
    startMissing: physical === undefined,
  };
}

/** Keys that seldom stand or do not matter for flashing: given as they stand, left out where they do not. */
function lesserKeys({ block, shown, problems }: Reader) {
  const isUpgradable = flag(block, 'is_upgradable', shown, false, problems);
  const emptyBootNeeded = flag(block, 'empty_boot_needed', shown, false, problems);
  const comboSizeCheck = flag(block, 'combo_partsize_check', shown, false, problems);
  const pageMode = block.value('d_type');
  const slcPercentage = block.value('slc_percentage');
  return {
    ...(isUpgradable === undefined ? {} : { isUpgradable }),
    ...(emptyBootNeeded === undefined ? {} : { emptyBootNeeded }),
    ...(comboSizeCheck === undefined ? {} : { comboSizeCheck }),
    ...(pageMode === undefined ? {} : { pageMode }),
    ...(slcPercentage === undefined ? {} : { slcPercentage }),
  };
}

interface Reader {
  block: ScatterBlock;
  shown: string;
  ticked: boolean;
  problems: ScatterProblems;
}

function fileNameOf(value: string | undefined): string | undefined {
  return value === undefined || /^(none|null|~)$/i.test(value) ? undefined : value;
}

function flag(
  block: ScatterBlock,
  key: string,
  shown: string,
  ticked: boolean,
  problems: ScatterProblems,
): boolean | undefined {
  const entry = block.entry(key);
  if (!entry || entry.value === '') return undefined;
  const value = flagOf(entry.value);
  if (value === undefined) {
    const message = `${shown} has ${key}: '${entry.value.slice(0, 40)}', which is neither true nor false.`;
    problems.tell(entry.line, ticked, 'SCATTER_VALUE_UNREADABLE', message);
  }
  return value;
}

function number({ block, shown, ticked, problems }: Reader, key: string): number | undefined {
  const entry = block.entry(key);
  if (!entry || entry.value === '') return undefined;
  const value = bytesOf(entry.value);
  if (value === undefined) {
    const message = `${shown} has ${key}: '${entry.value.slice(0, 40)}', which is no number of the form 0x….`;
    problems.tell(entry.line, ticked, 'SCATTER_VALUE_UNREADABLE', message);
  }
  return value;
}

function region({ block, shown, ticked, problems }: Reader, storage: StorageKind): ScatterRegion {
  const entry = block.entry('region');
  if (!entry || entry.value === '') {
    if (storage === 'nand') return 'nand';
    problems.tell(block.line, ticked, 'SCATTER_KEY_MISSING', `${shown} does not say its region.`);
    return 'none';
  }
  const value = regionOf(entry.value);
  if (value === undefined) {
    problems.tell(
      entry.line,
      ticked,
      'SCATTER_REGION_UNKNOWN',
      `${shown} has the unknown region '${entry.value.slice(0, 40)}'.`,
    );
    return 'none';
  }
  // NAND flash is one region, for which scatter files have no name.
  return value === 'none' && storage === 'nand' ? 'nand' : value;
}

function storageWord({ block, shown, problems }: Reader): ScatterPartition['storage'] | undefined {
  const entry = block.entry('storage');
  if (!entry || entry.value === '') return undefined;
  const value = storageOf(entry.value);
  if (value === undefined) {
    problems.warn(
      entry.line,
      'SCATTER_VALUE_UNREADABLE',
      `${shown} has the unknown storage '${entry.value.slice(0, 40)}'.`,
    );
  }
  return value;
}

function tellContradictions({ block, shown, ticked, problems }: Reader): void {
  for (const { key, line, values } of block.contradictions) {
    const [first, second] = values;
    if (bytesOf(first) !== undefined && bytesOf(first) === bytesOf(second)) continue;
    problems.tell(
      line,
      ticked,
      'SCATTER_KEY_REPEATED',
      `${shown} says ${key} twice: '${first}' and '${second}'. The first is used.`,
    );
  }
}
