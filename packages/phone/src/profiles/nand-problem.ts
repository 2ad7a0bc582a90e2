import type { Profile } from './profile.js';

/** Blocks of the partition table, before the pool: main copy and mirror. */
export const NAND_TABLE_BLOCKS = 2;

/** What is wrong with the NAND part of a profile, with the place; nothing when it describes a chip that can be. */
export function nandProblem({ blockSize, regions, nand, table }: Profile['storage']): string | undefined {
  if (!nand) return 'storage.nand: is missing, and storage.kind says nand';
  if (table !== 'pmt') return 'storage.table: phones with NAND have a pmt';
  const eraseSize = blockSize * nand.pagesPerBlock;
  const size = regions.nand ?? 0;
  if (size % eraseSize !== 0)
    return `storage.regions.nand: has to be a multiple of the erase block, ${eraseSize} bytes`;
  const blocks = size / eraseSize;
  if (nand.spareSize < blockSize / 32) return `storage.nand.spareSize: has to be ${blockSize / 32} bytes or more`;
  const first = blocks - nand.poolBlocks;
  if (nand.poolBlocks < 4 || first <= NAND_TABLE_BLOCKS) {
    return `storage.nand.poolBlocks: ${nand.poolBlocks} of ${blocks} blocks is no pool; it takes 4 or more`;
  }
  const bad = nand.badBlocks.find((block) => block === 0 || block >= blocks);
  if (bad === 0) return "storage.nand.badBlocks: block 0 is good on every chip, by the makers' promise";
  if (bad !== undefined) return `storage.nand.badBlocks: the chip has ${blocks} blocks, and ${bad} is not one of them`;
  const inMain = nand.badBlocks.filter((block) => block < first).length;
  const spareBlocks = nand.poolBlocks - (nand.badBlocks.length - inMain) - 1;
  if (inMain > spareBlocks)
    return `storage.nand.badBlocks: the pool has ${spareBlocks} good blocks for ${inMain} bad ones`;
  return undefined;
}
