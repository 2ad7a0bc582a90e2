import { concat, encode, u32 } from '../wire/index.js';
import {
  PMT_COPY_SIZE,
  PMT_DISTANCE_FROM_END,
  PMT_MAIN_MAGICS,
  PMT_MIRROR_MAGICS,
  PMT_VERSION,
  PmtHead,
} from './pmt.js';
import {
  buildPmtEntries,
  isReservedPlace,
  pmtPartitions,
  readPmtList,
  regionOfEntry,
  userShift,
} from './pmt-entries.js';
import type { PartitionEntry, PmtEntry, PmtRecord } from './storage.js';

/** One copy of a PMT on an eMMC. */
export interface PmtCopy {
  /** Bytes from the start of the user area. */
  start: number;
  bytes: Uint8Array;
}

/**
 * Both copies of a PMT as they lie on an eMMC (docs/protocol/partition-tables.md, "PMT").
 * @param regionSize size of the user area, bytes
 * @throws RangeError when it is not known how this phone writes its PMT, or an entry does not fit
 */
export function buildPmt(record: PmtRecord, regionSize: number): { main: PmtCopy; mirror: PmtCopy } {
  const { entries, written } = record;
  if (!written) throw unknownForm();
  const list = concat(...buildPmtEntries(entries, written.form));
  const room = PMT_COPY_SIZE - PmtHead.size - 4;
  if (list.length > room) throw new RangeError(`${entries.length} partitions do not fit the ${room} bytes of the PMT`);
  const copy = (magics: readonly number[]) => {
    const magic = magics[written.generation === 1 ? 0 : 1] as number;
    const bytes = new Uint8Array(PMT_COPY_SIZE);
    bytes.set(PmtHead.build({ magic, version: PMT_VERSION }));
    bytes.set(list, PmtHead.size);
    bytes.set(encode(u32, 'little', magic), PMT_COPY_SIZE - 4);
    return bytes;
  };
  const start = regionSize - PMT_DISTANCE_FROM_END;
  return {
    main: { start, bytes: copy(PMT_MAIN_MAGICS) },
    mirror: { start: start + PMT_COPY_SIZE, bytes: copy(PMT_MIRROR_MAGICS) },
  };
}

/**
 * The partitions that a reader finds in this list: nothing in it marks the form of its entries or where its addresses begin.
 * Undefined when it cannot be read at all. @throws RangeError as {@link buildPmt}
 */
export function readBackPmt({ entries, written }: PmtRecord): PartitionEntry[] | undefined {
  if (!written) throw unknownForm();
  const list = readPmtList(concat(...buildPmtEntries(entries, written.form)));
  return list && pmtPartitions(list.entries);
}

function unknownForm(): RangeError {
  return new RangeError('it is not known how this phone writes its list of partitions');
}

/**
 * The phone's own list with other partitions in the region that holds them: what it says about boot areas and reserved places
 * stays, and addresses are counted as before. Pure.
 */
export function relistPmt(record: PmtRecord, partitions: readonly PartitionEntry[], onNand: boolean): PmtRecord {
  const isOwn = (entry: PmtEntry) => !isReservedPlace(entry) && (onNand || regionOfEntry(entry) === 'user');
  const own = record.entries.filter(isOwn);
  const others = record.entries.filter((entry) => !isOwn(entry));
  const before = new Map(own.map((entry) => [entry.name.toLowerCase(), entry]));
  const shift = onNand ? 0 : userShift(record.entries);
  const usual = own[0]?.partId;
  const entries = partitions.map(({ name, start, length }): PmtEntry => {
    const old = before.get(name.toLowerCase());
    const partId = old?.partId ?? usual;
    const entry = { name, size: length, offset: start + shift, mask: old?.mask ?? 0 };
    return partId === undefined ? entry : { ...entry, partId };
  });
  return {
    ...record,
    entries: [
      ...others.filter((entry) => !isReservedPlace(entry)),
      ...entries,
      ...others.filter((entry) => isReservedPlace(entry)),
    ],
  };
}
