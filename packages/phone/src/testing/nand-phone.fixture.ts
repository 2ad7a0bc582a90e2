import type { Profile } from '../profiles/profile.js';
import { findProfile } from '../profiles/profiles.js';

/** A small NAND chip: 48 blocks of 4 pages, a pool of 8; 5 and 46 bad from the factory, 9 worn out since. */
export function smallNandPhone(): Profile {
  const phone = findProfile('mt6572-nand');
  const pageSize = 2048;
  const nand = {
    spareSize: 64,
    pagesPerBlock: 4,
    poolBlocks: 8,
    badBlocks: [5, 46],
    wornBlocks: [9],
    flashId: 7,
    ioInterface: 0 as const,
    addressCycles: 4,
  };
  const blockSize = pageSize * nand.pagesPerBlock;
  const size = 48 * blockSize;
  return {
    ...phone,
    storage: {
      ...phone.storage,
      blockSize: pageSize,
      regions: { nand: size, 'nand-spare': (size / pageSize) * nand.spareSize },
      nand,
    },
    partitions: [
      { name: 'PRELOADER', start: 0, size: 5 * blockSize, content: 'image', operation: 'BOOTLOADERS', region: 'nand' },
      {
        name: 'NVRAM',
        start: 5 * blockSize,
        size: 3 * blockSize,
        content: 'random',
        operation: 'BINREGION',
        region: 'nand',
      },
      {
        name: 'BOOTIMG',
        start: 8 * blockSize,
        size: 8 * blockSize,
        content: 'image',
        operation: 'UPDATE',
        region: 'nand',
      },
      {
        name: 'BMTPOOL',
        start: 40 * blockSize,
        size: 8 * blockSize,
        content: 'empty',
        operation: 'RESERVED',
        region: 'nand',
      },
    ],
  };
}
