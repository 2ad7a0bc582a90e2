import { array, ascii, struct, text, u8, u16 } from '@unbrick/core/wire';
import type { NandChip } from './nand-chip.js';
import { BadBlockFault } from './nand-chip.js';

/** A bad block and the block of the pool that stands in for it. */
export interface Replacement {
  bad: number;
  mapped: number;
}

/** The map as it lies on the chip, at the start of a page of the pool. */
const MAX_PAIRS = 0x80;
const MapHead = struct('little', {
  signature: text(3),
  version: u8,
  badCount: u8,
  mappedCount: u8,
  checksum: u8,
  reserved: array(u8, 13),
});
const Pair = struct('little', { bad: u16, mapped: u16 });
const SIGNATURE = 'BMT';
const VERSION = 1;
/** Repeats in the spare bytes, from the second on, so that the map is found without reading pages. */
const SPARE_SIGNATURE = ascii('bmt');
const SPARE_AT = 1;

/**
 * The bad-block map (BMT): a pool of blocks at the end of the chip, of which each stands in for a bad block of the rest. The
 * map itself lies in the last good block of the pool. Blocks are counted as the chip counts them.
 */
export class BadBlockMap {
  readonly #chip: NandChip;
  #pairs: Replacement[];
  #home: number | undefined;

  private constructor(
    chip: NandChip,
    /** First block of the pool; what lies before can be addressed. */
    readonly firstPoolBlock: number,
    pairs: Replacement[],
    home: number | undefined,
  ) {
    this.#chip = chip;
    this.#pairs = pairs;
    this.#home = home;
  }

  /** The map as it is on the chip, or an empty one that says it was not found. */
  static async load(chip: NandChip, poolBlocks: number): Promise<BadBlockMap> {
    const { blocks } = chip.geometry;
    const first = Math.max(0, blocks - poolBlocks);
    for (let block = blocks - 1; block >= first; block--) {
      if (await chip.isBad(block)) continue;
      const pairs = await readMap(chip, block);
      if (pairs) return new BadBlockMap(chip, first, pairs, block);
    }
    return new BadBlockMap(chip, first, [], undefined);
  }

  /** A new map over the bad blocks the factory has marked, written to the chip. */
  static async create(chip: NandChip, poolBlocks: number): Promise<BadBlockMap> {
    const { blocks } = chip.geometry;
    const first = blocks - poolBlocks;
    const map = new BadBlockMap(chip, first, [], undefined);
    map.#home = await map.#freeBlock();
    for (let block = 0; block < first; block++) {
      if (!(await chip.isBad(block))) continue;
      const mapped = await map.#freeBlock();
      if (mapped === undefined) throw new BadBlockFault(block, 'replaced: the pool is used up');
      map.#pairs.push({ bad: block, mapped });
    }
    await map.#save();
    return map;
  }

  get found(): boolean {
    return this.#home !== undefined;
  }

  get pairs(): readonly Replacement[] {
    return this.#pairs;
  }

  /** The block that holds what is addressed as `block`. */
  translate(block: number): number {
    return this.#pairs.find(({ bad }) => bad === block)?.mapped ?? block;
  }

  /**
   * Another block for one that has failed; it is marked and the map is written anew.
   * @param block as addressed
   * @throws BadBlockFault when there is none left
   */
  async replace(block: number): Promise<number> {
    const failed = this.translate(block);
    await this.#chip.markBad(failed);
    const mapped = this.found ? await this.#freeBlock() : undefined;
    if (mapped === undefined) throw new BadBlockFault(failed, 'replaced: the pool is used up');
    this.#pairs = [...this.#pairs.filter(({ bad }) => bad !== block), { bad: block, mapped }];
    await this.#save();
    return mapped;
  }

  /** From the end of the pool, as the agents take them. */
  async #freeBlock(): Promise<number | undefined> {
    const taken = new Set([...this.#pairs.map(({ mapped }) => mapped), this.#home]);
    for (let block = this.#chip.geometry.blocks - 1; block >= this.firstPoolBlock; block--) {
      if (!taken.has(block) && !(await this.#chip.isBad(block))) return block;
    }
    return undefined;
  }

  async #save(): Promise<void> {
    if (this.#home === undefined) return;
    const { pageSize, pagesPerBlock } = this.#chip.geometry;
    const page = new Uint8Array(pageSize).fill(0xff);
    const pairs = this.#pairs.slice(0, MAX_PAIRS);
    pairs.forEach((pair, i) => {
      page.set(Pair.build(pair), MapHead.size + i * Pair.size);
    });
    const count = pairs.length;
    const head = {
      signature: SIGNATURE,
      version: VERSION,
      badCount: count,
      mappedCount: count,
      checksum: sumOf(page, count),
      reserved: new Array<number>(13).fill(0xff),
    };
    page.set(MapHead.build(head));
    const spare = new Uint8Array(this.#chip.freeSpare).fill(0xff);
    spare.set(SPARE_SIGNATURE, SPARE_AT);
    await this.#chip.eraseBlock(this.#home);
    await this.#chip.programPages(this.#home * pagesPerBlock, page, spare);
  }
}

async function readMap(chip: NandChip, block: number): Promise<Replacement[] | undefined> {
  const { data, spare } = await chip.readPages(block * chip.geometry.pagesPerBlock, 1);
  if (!SPARE_SIGNATURE.every((byte, i) => spare[SPARE_AT + i] === byte)) return undefined;
  const head = MapHead.parse(data);
  if (head.signature !== SIGNATURE || head.mappedCount > MAX_PAIRS) return undefined;
  if (sumOf(data, head.mappedCount) !== head.checksum) return undefined;
  return Array.from({ length: head.mappedCount }, (_, i) => Pair.parse(data, MapHead.size + i * Pair.size));
}

/** Byte sum over the pairs. */
function sumOf(page: Uint8Array, count: number): number {
  return page.subarray(MapHead.size, MapHead.size + count * Pair.size).reduce((sum, byte) => (sum + byte) & 0xff, 0);
}
