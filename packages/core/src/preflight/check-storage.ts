import { describeEmiEntry, matchEmi } from '../firmware/emi.js';
import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import { isPreloader } from '../firmware/scatter/is-preloader.js';
import { compareLayout } from '../storage/layout-difference.js';
import {
  bootRegions,
  type PartitionEntry,
  type PartitionTable,
  type StorageInfo,
  userRegion,
} from '../storage/storage.js';
import { hexBytes, latin1 } from '../wire/index.js';
import { tooLarge } from './check-firmware.js';
import { checkTable } from './check-table.js';
import type { Finding } from './finding.js';
import { layoutLines } from './layout-lines.js';

/** The entry of the phone's partition table for this name; case does not matter. */
export function partitionOnPhone(table: PartitionTable, name: string): PartitionEntry | undefined {
  const wanted = name.toLowerCase();
  return table.partitions.find((partition) => partition.name.toLowerCase() === wanted);
}

/**
 * Compares the firmware with the storage of the phone in hand, and its images with the places in `table`.
 * @param layout says what of the layout differs; without it the table has to be as the firmware wants it. Pure.
 */
export function checkStorage(
  facts: FirmwareFacts,
  storage: StorageInfo,
  table: PartitionTable,
  layout: readonly Finding[] = [checkLayout(facts, storage, table)],
): Finding[] {
  const findings: Finding[] = [];
  const firmwareStorage = facts.layout.storage;
  if (firmwareStorage !== storage.kind) {
    return [
      {
        severity: 'blocker',
        code: 'STORAGE_MISMATCH',
        message: `The firmware is for phones with ${firmwareStorage.toUpperCase()} storage, this phone has ${storage.kind.toUpperCase()}.`,
        evidence: [`scatter file: ${firmwareStorage}`, `phone: ${storage.kind}, id ${storageId(storage)}`],
        next: ['Find the firmware variant for this storage. Editing the scatter file does not help.'],
      },
    ];
  }
  findings.push({
    severity: 'ok',
    code: 'STORAGE_MATCHES',
    message: `Firmware and phone both use ${storage.kind.toUpperCase()} storage.`,
    evidence: [`phone: id ${storageId(storage)}`, `partition table: ${table.source}`],
    next: [],
  });
  findings.push(...checkTable(table));
  findings.push(...checkImagesAgainstTable(facts, storage, table));
  findings.push(...layout);
  findings.push(...checkMemory(facts, storage));
  return findings;
}

function checkImagesAgainstTable(facts: FirmwareFacts, storage: StorageInfo, table: PartitionTable): Finding[] {
  const findings: Finding[] = [];
  for (const fact of facts.selected) {
    const { partition, image } = fact;
    if (!image || fact.error) continue;
    if (isPreloader(partition)) {
      const room = preloaderRoom(storage, table);
      if (image.expandedSize > room) findings.push(tooLarge(fact, room, 'the phone’s boot area'));
      continue;
    }
    const entry = partitionOnPhone(table, partition.name);
    if (!entry) {
      findings.push({
        severity: 'blocker',
        code: 'PARTITION_NOT_ON_PHONE',
        message: `The phone has no partition called ${partition.name}.`,
        evidence: [`the phone's table (${table.source}) has: ${table.partitions.map((each) => each.name).join(', ')}`],
        next: [
          'This firmware has another partition layout: check that it is made for exactly this model.',
          `Leave this partition out: --skip ${partition.name}`,
        ],
      });
    } else if (image.expandedSize > entry.length) {
      findings.push(tooLarge(fact, entry.length, 'the phone’s partition table'));
    }
  }
  return findings;
}

/** Bytes for the preloader: its boot area, on NAND its partition. */
function preloaderRoom(storage: StorageInfo, table: PartitionTable): number {
  const entry = storage.kind === 'nand' ? partitionOnPhone(table, 'preloader') : undefined;
  if (entry) return entry.length;
  const region = bootRegions(storage.kind)[0];
  return region === undefined ? 0 : (storage.regions.get(region) ?? 0);
}

/** Compares places and sizes. Differences of partitions that are to be written block the job; others are told. */
function checkLayout(facts: FirmwareFacts, storage: StorageInfo, table: PartitionTable): Finding {
  const user = userRegion(storage.kind);
  const wanted = facts.layout.partitions
    .filter((partition) => partition.region === user && partition.endRelativeBlocks === undefined)
    .map(({ name, start, size }) => ({ name, region: user, start, size }));
  const moved = compareLayout(wanted, table).filter(
    ({ verdict }) => verdict === 'moved' || verdict === 'grew' || verdict === 'shrank',
  );
  if (moved.length === 0) {
    return {
      severity: 'ok',
      code: 'LAYOUT_MATCHES',
      message: 'The partitions lie where the firmware expects them.',
      evidence: [],
      next: [],
    };
  }
  const written = new Set(facts.selected.map((fact) => fact.partition.name.toLowerCase()));
  const serious = moved.some((each) => written.has(each.name.toLowerCase()));
  return {
    severity: serious ? 'blocker' : 'warning',
    code: 'LAYOUT_DIFFERS',
    message: serious
      ? 'The phone’s partition layout differs from the firmware’s for partitions that would be written.'
      : 'The phone’s partition layout differs from the firmware’s for partitions that are left alone.',
    evidence: layoutLines(moved, (each) => (written.has(each.name.toLowerCase()) ? 'would be written' : 'left alone')),
    next: serious
      ? [
          'Check that the firmware is made for exactly this model and memory size; a differing layout usually means it is not.',
          'If it is: --mode upgrade gives the phone the firmware’s layout and moves the calibration data along.',
          'Do not format the phone because of this message: that would delete its calibration data.',
        ]
      : [],
  };
}

/** Does the firmware's preloader know this phone's memory chip? */
function checkMemory(facts: FirmwareFacts, storage: StorageInfo): Finding[] {
  const emi = facts.preloader?.emi;
  if (!emi || storage.id.every((byte) => byte === 0)) return [];
  const match = matchEmi(emi, storage.kind, storage.id);
  const evidence = [
    `the phone's memory id: ${storageId(storage)}`,
    `the firmware's preloader knows: ${match.listed.join('; ') || 'no memory chip by id'}`,
  ];
  if (match.verdict === 'match') {
    return [
      {
        severity: 'ok',
        code: 'MEMORY_KNOWN',
        message: `The firmware's preloader knows this phone's memory chip${match.entry ? `: ${describeEmiEntry(match.entry)}` : ''}.`,
        evidence,
        next: [],
      },
    ];
  }
  if (match.verdict === 'discrete-only') {
    return [
      {
        severity: 'ok',
        code: 'MEMORY_NOT_DECIDABLE',
        message: 'The firmware is for boards with separate RAM chips; the memory id cannot tell whether they fit.',
        evidence,
        next: [],
      },
    ];
  }
  const written = facts.selected.some((fact) => isPreloader(fact.partition));
  return [
    {
      severity: written ? 'blocker' : 'warning',
      code: 'MEMORY_UNKNOWN',
      message: `The firmware's preloader does not know this phone's memory chip${written ? ' and must not be written: the phone would not start' : ''}.`,
      evidence,
      next: [
        'Find the firmware variant for this board: same model name, other memory chips.',
        ...(written ? ['Keep the phone’s own preloader: --skip preloader'] : []),
      ],
    },
  ];
}

function storageId(storage: StorageInfo): string {
  const printable = latin1(storage.id)
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim();
  return `${hexBytes(storage.id)}${printable ? ` "${printable}"` : ''}`;
}
