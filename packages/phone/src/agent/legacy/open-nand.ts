import { BadBlockMap } from '../../nand/bad-block-map.js';
import { NandChip } from '../../nand/nand-chip.js';
import { NandFlash } from '../../nand/nand-flash.js';
import type { AgentSession } from '../session.js';

/**
 * The NAND chip as stage 2 finds it. A pool of another size than the factory's hides the end of the flash or shows part of
 * the pool, and the partition table is then looked for in the wrong place, as with a real agent.
 * @param poolSize what the host said in its configuration words, bytes
 */
export async function openNand(session: AgentSession, poolSize: number | undefined): Promise<NandFlash | undefined> {
  const { nand } = session.profile.storage;
  if (!nand) return undefined;
  const chip = new NandChip(session.storage, session.profile);
  const asked = poolSize === undefined ? nand.poolBlocks : Math.ceil(poolSize / chip.blockSize);
  const map = await BadBlockMap.load(chip, Math.min(asked, chip.geometry.blocks));
  return new NandFlash(chip, map);
}
