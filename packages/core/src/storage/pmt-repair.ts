import { encode, u32 } from '../wire/index.js';
import { PMT_COPY_SIZE, PMT_DISTANCE_FROM_END, PMT_MAIN_MAGICS, PMT_MIRROR_MAGICS, readPmtCopies } from './pmt.js';
import type { ReadBytes } from './read-bytes.js';
import type { TableRepair, TableRepairPlan } from './repair-plan.js';
import type { PmtRecord } from './storage.js';

/**
 * How a damaged copy of a PMT on eMMC is made whole from the other: its bytes under the magic words of the copy. Undefined
 * when the storage has no PMT. Pure but for `read`.
 * @param regionSize size of the user area, bytes
 * @throws what `read` throws
 */
export async function planPmtRepair(read: ReadBytes, regionSize: number): Promise<TableRepairPlan | undefined> {
  if (regionSize < PMT_DISTANCE_FROM_END) return undefined;
  const { main, mirror, bytes } = await readPmtCopies(read, regionSize);
  const start = regionSize - PMT_DISTANCE_FROM_END;
  const repair = (name: string, copy: TableRepair['copy'], at: number, made: Uint8Array, why: string) => ({
    repair: { name, copy, why, extent: { region: 'user' as const, start: at, length: PMT_COPY_SIZE }, bytes: made },
  });
  if (typeof main === 'string') {
    if (typeof mirror === 'string') return undefined;
    const made = underMagic(bytes.slice(PMT_COPY_SIZE), PMT_MAIN_MAGICS, mirror);
    return repair('pmt', 'primary', start, made, main);
  }
  if (typeof mirror === 'string') {
    const made = underMagic(bytes.slice(0, PMT_COPY_SIZE), PMT_MIRROR_MAGICS, main);
    return repair('pmt-mirror', 'backup', start + PMT_COPY_SIZE, made, mirror);
  }
  if (JSON.stringify(main) === JSON.stringify(mirror)) return { whole: true, why: 'both copies are valid and alike' };
  return { whole: false, why: 'both copies are valid but list different partitions: which is right cannot be told' };
}

function underMagic(copy: Uint8Array, magics: readonly number[], { written }: PmtRecord): Uint8Array {
  const magic = encode(u32, 'little', magics[written?.generation === 3 ? 1 : 0] as number);
  copy.set(magic);
  copy.set(magic, PMT_COPY_SIZE - magic.length);
  return copy;
}
