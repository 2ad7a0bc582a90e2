import type { TargetLayout } from '../plan/target-layout.js';
import { buildGpt } from '../storage/build-gpt.js';
import { buildPmt, readBackPmt } from '../storage/build-pmt.js';
import {
  type NandGeometry,
  type PartitionEntry,
  type PartitionTable,
  type PmtRecord,
  type StorageInfo,
  userRegion,
} from '../storage/storage.js';
import { poolElsewhere, usableEnd } from '../storage/table-areas.js';
import { hex } from '../wire/index.js';
import type { Finding } from './finding.js';

/** Partitions that lists on NAND have room for. */
const NAND_LIST_ROOM = 40;

/**
 * Why the phone cannot be given this table; undefined when it can. Pure.
 * @param lines what differs between the layouts, for people
 */
export function checkNewTable(
  target: TargetLayout,
  old: PartitionTable,
  storage: StorageInfo,
  lines: readonly string[],
): Finding | undefined {
  const unsupported = whyUnsupported(target, old, storage);
  if (unsupported) {
    const evidence = [`partition table: ${old.source}`, ...lines];
    return { severity: 'blocker', code: 'LAYOUT_CHANGE_UNSUPPORTED', ...unsupported, evidence };
  }
  const impossible = whyImpossible(target.table, storage);
  if (impossible === undefined) return undefined;
  return {
    severity: 'blocker',
    code: 'LAYOUT_IMPOSSIBLE',
    message: 'The firmware’s partition layout does not fit this phone’s storage.',
    evidence: [impossible, ...lines],
    next: ['Use the firmware made for exactly this model and memory size.'],
  };
}

function whyUnsupported(
  { table, wanted }: TargetLayout,
  old: PartitionTable,
  { nand }: StorageInfo,
): Pick<Finding, 'message' | 'next'> | undefined {
  if (wanted && wanted !== table.kind) {
    return {
      message: `The firmware is made for phones with ${NAMES[wanted]}, and this one has ${NAMES[table.kind]}: its preloader would not find its partitions.`,
      next: ['Find the firmware made for exactly this model and for the Android version that is on it.'],
    };
  }
  if (table.kind === 'gpt') return undefined;
  if (!table.record) {
    return {
      message:
        'The firmware wants another partition layout, and how this phone writes its list (PMT) cannot be seen on it: there are several forms, and its boot loader reads one of them only.',
      next: [
        'If you have a backup of this phone, put it back: unbrick restore FOLDER; or bring it: --calibration FOLDER',
        'Otherwise flash single partitions only: --mode download',
      ],
    };
  }
  const before = new Set(old.partitions.map(({ name }) => name.toLowerCase()));
  const isNew = table.partitions.some(({ name }) => !before.has(name.toLowerCase()));
  if (nand && isNew && old.record?.entries.some(({ partId }) => partId)) {
    return {
      message:
        'The firmware wants new partitions, and the list of this phone also says how the cells of each partition are used, which a firmware does not tell.',
      next: ['Use a firmware with the partitions that the phone has.'],
    };
  }
  return undefined;
}

const NAMES = { gpt: 'a GPT', pmt: 'the older list of partitions (PMT)', mbr: 'a boot record only' };

function whyImpossible(table: PartitionTable, storage: StorageInfo): string | undefined {
  const region = userRegion(storage.kind);
  const size = storage.regions.get(region) ?? 0;
  try {
    if (table.kind === 'gpt') {
      buildGpt(table.partitions, size, storage.blockSize);
      return undefined;
    }
    const entries = table.partitions.filter((entry) => entry.region === region);
    const end = usableEnd(storage, 'pmt');
    const beyond = entries.find(({ start, length }) => start + length > end);
    if (beyond) return `${beyond.name} reaches into the partition list, which begins at ${hex(end)}`;
    if (storage.nand)
      return whyNotOnNand(entries, storage.nand) ?? (table.record && poolElsewhere(table.record, storage));
    return table.record && whyNotOnEmmc(entries, table.record, size);
  } catch (cause) {
    if (cause instanceof RangeError) return cause.message;
    throw cause;
  }
}

function whyNotOnEmmc(entries: readonly PartitionEntry[], record: PmtRecord, size: number): string | undefined {
  buildPmt(record, size);
  const read = readBackPmt(record)?.filter(({ region }) => region === 'user') ?? [];
  const odd = entries.find(({ start, length }, i) => read[i]?.start !== start || read[i].length !== length);
  return odd && `${odd.name} would be read from the list as lying elsewhere`;
}

function whyNotOnNand(entries: readonly PartitionEntry[], { eraseBlock }: NandGeometry): string | undefined {
  const crooked = entries.find(({ start, length }) => start % eraseBlock !== 0 || length % eraseBlock !== 0);
  if (crooked) return `${crooked.name} does not begin and end at an erase block of ${hex(eraseBlock)} bytes`;
  return entries.length > NAND_LIST_ROOM ? `${entries.length} partitions, ${NAND_LIST_ROOM} fit` : undefined;
}
