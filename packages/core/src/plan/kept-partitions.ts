import type { ScatterPartition } from '../firmware/scatter/scatter.js';
import type { PartitionEntry, PartitionTable } from '../storage/storage.js';
import { isCalibration } from './calibration.js';

/** Why a job that may empty a partition must not lose its content. */
export type KeepReason = 'calibration' | 'protected' | 'lock' | 'untouched';

/** A partition whose content outlives an upgrade or a format. */
export interface KeptPartition {
  name: string;
  reason: KeepReason;
  /** Where it is. */
  from: PartitionEntry;
  /** Where it will be; absent when the new layout has no such partition. */
  to?: PartitionEntry;
  /** `in-place`: nothing moves; `moves`: read, and written to its new place; `too-small`, `vanishes`: it cannot be kept. */
  fate: 'in-place' | 'moves' | 'too-small' | 'vanishes';
}

/** Lock state of the owner's account and of the boot loader: no job of this program removes it. */
const LOCKS = new Set(['frp']);
/** What a new system cannot use and makes anew: user data, caches, notes between boot loader and system, crash records. */
const EMPTIED = new Set([
  'userdata',
  'usrdata',
  'fat',
  'cache',
  'metadata',
  'md_udc',
  'para',
  'boot_para',
  'misc',
  'expdb',
]);

/** Personal data: what the owner has stored. */
export function holdsPersonalData(name: string): boolean {
  return ['userdata', 'usrdata', 'fat'].includes(name.toLowerCase());
}

/** Whether a firmware upgrade empties the partition although it has no image for it. */
export function isEmptiedByUpgrade(name: string): boolean {
  return EMPTIED.has(name.toLowerCase());
}

/** Why no mode of any name may lose this partition; undefined for what a firmware can bring back. */
export function protectionOf(name: string, partition?: ScatterPartition): KeepReason | undefined {
  if (isCalibration(name)) return 'calibration';
  if (partition?.operation === 'PROTECTED' || partition?.operation === 'BINREGION') return 'protected';
  if (LOCKS.has(name.toLowerCase())) return 'lock';
  return undefined;
}

/**
 * What of the phone's partitions has to be kept, and whether it can be. `keeps` says why one is kept. Pure.
 */
export function keptPartitions(
  old: PartitionTable,
  target: PartitionTable,
  keeps: (entry: PartitionEntry) => KeepReason | undefined,
): KeptPartition[] {
  return old.partitions.flatMap((from): KeptPartition[] => {
    const reason = keeps(from);
    if (!reason) return [];
    const to = target.partitions.find((each) => each.name.toLowerCase() === from.name.toLowerCase());
    const kept = { name: from.name, reason, from, ...(to ? { to } : {}) };
    if (!to) return [{ ...kept, fate: 'vanishes' }];
    if (to.region === from.region && to.start === from.start && to.length === from.length) {
      return [{ ...kept, fate: 'in-place' }];
    }
    return [{ ...kept, fate: to.length < from.length ? 'too-small' : 'moves' }];
  });
}
