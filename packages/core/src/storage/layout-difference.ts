import type { PartitionTable, Region } from './storage.js';

/** A partition as a firmware's scatter file wants it. */
export interface WantedPartition {
  name: string;
  region: Region;
  /** Bytes from the start of the region. */
  start: number;
  /** Bytes; 0 = the rest of the region. */
  size: number;
}

export type LayoutVerdict = 'same' | 'moved' | 'grew' | 'shrank' | 'missing-on-phone' | 'only-on-phone';

export interface LayoutDifference {
  name: string;
  /** Seen from the phone: `grew` = larger on the phone than in the firmware. `moved` may come with another size too. */
  verdict: LayoutVerdict;
  /** Bytes; absent when the firmware does not have this partition. */
  firmware?: { region: Region; start: number; size: number };
  /** Bytes; absent when the phone does not have this partition. */
  phone?: { region: Region; start: number; size: number };
}

/**
 * Compares a firmware's layout with the phone's table, partition by partition: firmware order, then what only the phone
 * has. Names are compared without regard to case. What has size 0 in the firmware, and the last partition of the phone's
 * region, takes what a storage of this size leaves over: its size alone makes no difference. Pure.
 */
export function compareLayout(firmware: readonly WantedPartition[], table: PartitionTable): LayoutDifference[] {
  const onPhone = new Map(table.partitions.map((partition) => [partition.name.toLowerCase(), partition]));
  const wanted = new Set(firmware.map((partition) => partition.name.toLowerCase()));
  const lastStart = new Map<Region, number>();
  for (const { region, start } of table.partitions) {
    lastStart.set(region, Math.max(start, lastStart.get(region) ?? 0));
  }
  const differences = firmware.map(({ name, region, start, size }): LayoutDifference => {
    const found = onPhone.get(name.toLowerCase());
    const mine = { region, start, size };
    if (!found) return { name, verdict: 'missing-on-phone', firmware: mine };
    const theirs = { region: found.region, start: found.start, size: found.length };
    const elastic = size === 0 || found.start === lastStart.get(found.region);
    let verdict: LayoutVerdict = 'same';
    if (found.start !== start || found.region !== region) verdict = 'moved';
    else if (!elastic && found.length > size) verdict = 'grew';
    else if (!elastic && found.length < size) verdict = 'shrank';
    return { name, verdict, firmware: mine, phone: theirs };
  });
  for (const { name, region, start, length } of table.partitions) {
    if (wanted.has(name.toLowerCase())) continue;
    differences.push({ name, verdict: 'only-on-phone', phone: { region, start, size: length } });
  }
  return differences;
}
