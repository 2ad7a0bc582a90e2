import type { ScatterFile } from './scatter.js';

/**
 * Bytes at the end of a NAND that the firmware leaves to the replacement of bad blocks: its entry `BMTPOOL`, whose address
 * counts blocks from the end. Undefined when the firmware does not say.
 */
export function badBlockPool(scatter: ScatterFile): number | undefined {
  const layout = scatter.layouts.find(({ storage }) => storage === 'nand');
  const pool = layout?.partitions.find(({ name }) => name.toUpperCase() === 'BMTPOOL');
  return layout && pool?.endRelativeBlocks ? pool.endRelativeBlocks * layout.blockSize : undefined;
}
