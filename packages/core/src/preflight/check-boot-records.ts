import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import type { Image } from '../firmware/image.js';
import { isBootRecord } from '../plan/boot-chain.js';
import type { TargetLayout } from '../plan/target-layout.js';
import { parseMbr } from '../storage/mbr.js';
import { type StorageInfo, userRegion } from '../storage/storage.js';
import { hex } from '../wire/index.js';
import type { Finding } from './finding.js';

/** A boot record is one sector, bytes. */
const SECTOR = 512;

/**
 * Whether the boot records (MBR, EBR) of a firmware go with its layout: they tell the system of phones before GPT where its
 * file systems begin.
 */
export async function checkBootRecords(
  { selected, layout }: FirmwareFacts,
  { changed, table }: TargetLayout,
  storage: StorageInfo,
): Promise<Finding[]> {
  const listed = table.partitions.filter(({ name }) => isBootRecord(name));
  if (listed.length === 0 || !layout.partitions.some(({ name }) => isBootRecord(name))) return [];
  const records = new Map<number, Image>();
  const missing: string[] = [];
  for (const { name, start } of listed) {
    const fact = selected.find(({ partition }) => partition.name.toLowerCase() === name.toLowerCase());
    if (fact?.image) records.set(start, fact.image);
    else missing.push(name);
  }
  if (missing.length > 0) return changed ? [notBrought(missing)] : [];
  const size = storage.regions.get(userRegion(storage.kind)) ?? 0;
  const chain = await parseMbr((start) => firstSector(records.get(start)), size);
  const starts = new Set(table.partitions.map(({ start }) => start));
  const astray = (chain.table?.partitions ?? []).filter(({ start }) => !starts.has(start));
  return astray.length > 0 ? [pointsAstray(astray)] : [];
}

async function firstSector(image: Image | undefined): Promise<Uint8Array> {
  const sector = new Uint8Array(SECTOR);
  const run = image?.runs[0];
  if (!image || run?.start !== 0) return sector;
  for await (const piece of image.read(run)) {
    sector.set(piece.subarray(0, SECTOR));
    break;
  }
  return sector;
}

function notBrought(names: readonly string[]): Finding {
  return {
    severity: 'blocker',
    code: 'BOOT_RECORD_MISSING',
    message: `The firmware wants another layout but brings no ${names.join(', ')}: the system would look for its files in the old places.`,
    evidence: ['boot records (MBR, EBR) tell the system of such phones where its file systems begin'],
    next: ['Use a complete firmware, with the files MBR and EBR1 (EBR2 …) beside the scatter file.'],
  };
}

function pointsAstray(entries: readonly { name: string; start: number }[]): Finding {
  return {
    severity: 'warning',
    code: 'BOOT_RECORD_DIFFERS',
    message:
      'The firmware’s boot records (MBR, EBR) and its scatter file disagree about where the file systems begin; they may come from different firmware.',
    evidence: entries.map(
      ({ name, start }) => `${name} begins at ${hex(start)}, where the scatter file has no partition`,
    ),
    next: ['Compare the files with another copy of the firmware made for exactly this model.'],
  };
}
