import { array, bytes, struct, u8, u16, u32 } from '../wire/index.js';
import type { ReadBytes, TableProblem } from './read-bytes.js';
import type { PartitionEntry, PartitionTable, Region } from './storage.js';

const MbrEntry = struct('little', {
  status: u8,
  firstChs: bytes(3),
  type: u8,
  lastChs: bytes(3),
  firstSector: u32,
  sectors: u32,
});
/** A master or extended boot record: 512 bytes. */
const BootRecord = struct('little', { code: bytes(446), entries: array(MbrEntry, 4), signature: u16 });
const SIGNATURE = 0xaa55;
const PROTECTIVE = 0xee;
const EXTENDED = new Set([0x05, 0x0f, 0x85]);
/** A chain of more extended records than this is a loop or damage. */
const MAX_LOGICAL = 64;

export interface MbrResult {
  /** Absent when there is no usable boot record. */
  table?: PartitionTable;
  problems: TableProblem[];
}

/**
 * Reads the master boot record and the chain of extended boot records (MT6577…MT6592 phones with eMMC). These have no
 * names: partitions are called `p1`, `p5`, … as Linux numbers them. They describe the file systems only; the complete list
 * of such phones is their PMT.
 *
 * @param regionSize bytes
 * @throws what `read` throws; damage in the table is told in `problems`
 */
export async function parseMbr(read: ReadBytes, regionSize: number, region: Region = 'user'): Promise<MbrResult> {
  const problems: TableProblem[] = [];
  const no = (message: string): MbrResult => ({ problems: [...problems, { code: 'MBR_INVALID', message }] });
  const master = await readRecord(read, 0, regionSize);
  if (!master) return no('The first sector has no boot record signature 0x55AA.');
  if (master.entries.some((entry) => entry.type === PROTECTIVE)) {
    return no('The first sector has only the protective entry that belongs to a GPT.');
  }
  const partitions: PartitionEntry[] = [];
  const add = (name: string, sector: number, sectors: number) => {
    const extent = { region, start: sector * 512, length: sectors * 512 };
    if (extent.start + extent.length > regionSize) {
      problems.push({ code: 'MBR_ENTRY_INVALID', message: `${name} reaches beyond the end of the storage.` });
    } else partitions.push({ name, ...extent });
  };
  let logical = 5;
  for (const [i, entry] of master.entries.entries()) {
    if (entry.type === 0 || entry.sectors === 0) continue;
    if (entry.status !== 0 && entry.status !== 0x80) return no(`Entry ${i + 1} of the first sector is no MBR entry.`);
    if (!EXTENDED.has(entry.type)) {
      add(`p${i + 1}`, entry.firstSector, entry.sectors);
      continue;
    }
    const base = entry.firstSector;
    const seen = new Set<number>();
    for (let sector: number | undefined = base; sector !== undefined; ) {
      if (seen.has(sector) || seen.size === MAX_LOGICAL) {
        problems.push({
          code: 'MBR_CHAIN_INVALID',
          message: `The chain of extended boot records loops at sector ${sector}.`,
        });
        break;
      }
      seen.add(sector);
      const record = await readRecord(read, sector * 512, regionSize);
      if (!record) {
        problems.push({ code: 'MBR_CHAIN_INVALID', message: `There is no extended boot record at sector ${sector}.` });
        break;
      }
      let next: number | undefined;
      for (const each of record.entries) {
        if (each.type === 0 || each.sectors === 0) continue;
        if (EXTENDED.has(each.type)) next ??= base + each.firstSector;
        else add(`p${logical++}`, sector + each.firstSector, each.sectors);
      }
      sector = next;
    }
  }
  if (partitions.length === 0) return no('The first sector is a boot record without partitions.');
  partitions.sort((a, b) => a.start - b.start);
  return { table: { kind: 'mbr', source: 'MBR in sector 0', partitions }, problems };
}

async function readRecord(read: ReadBytes, offset: number, regionSize: number) {
  if (offset + BootRecord.size > regionSize) return undefined;
  const sector = await read(offset, BootRecord.size);
  if (sector.length < BootRecord.size) return undefined;
  const record = BootRecord.parse(sector);
  return record.signature === SIGNATURE ? record : undefined;
}
