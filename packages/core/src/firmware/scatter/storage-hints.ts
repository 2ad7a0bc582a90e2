import type { ScatterFile } from './scatter.js';
import { tableKindOf } from './table-kind.js';

/** What a legacy agent wants to hear about the layout before it can see the phone's storage itself. */
export interface StorageHints {
  /** Raw NAND: bytes at the end of the chip that the firmware leaves to the replacement of bad blocks. */
  badBlockPool?: number;
  /** Whether the firmware's partition table is a GPT, and not the PMT of older phones. */
  gpt?: boolean;
}

/** The hints in a scatter file; those that it does not give are absent. */
export function storageHints(scatter: ScatterFile): StorageHints {
  const nand = scatter.layouts.find(({ storage }) => storage === 'nand');
  const pool = nand?.partitions.find(({ name }) => /^bmtpool$/i.test(name));
  const emmc = scatter.layouts.find(({ storage }) => storage === 'emmc');
  const kind = emmc && tableKindOf(emmc);
  return {
    // Its address counts blocks from the end.
    ...(nand && pool?.endRelativeBlocks ? { badBlockPool: pool.endRelativeBlocks * nand.blockSize } : {}),
    ...(kind ? { gpt: kind === 'gpt' } : {}),
  };
}
