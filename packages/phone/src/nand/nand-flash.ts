import type { BadBlockMap } from './bad-block-map.js';
import { BadBlockFault, type NandChip, type NandPages } from './nand-chip.js';

/** How block numbers are meant: as addressed, through the map; or as the chip counts them. */
export type NandAddressing = 'logical' | 'physical';

/** A NAND chip behind its bad-block map: what agents and preloaders work on. Addresses and lengths in bytes without spare. */
export class NandFlash {
  constructor(
    readonly chip: NandChip,
    readonly map: BadBlockMap,
  ) {}

  withMap(map: BadBlockMap): NandFlash {
    return new NandFlash(this.chip, map);
  }

  get blockSize(): number {
    return this.chip.blockSize;
  }

  /** What can be addressed through the map: all before the pool. */
  get size(): number {
    return this.map.firstPoolBlock * this.blockSize;
  }

  /** The size in one or the other way of counting. */
  sizeOf(addressing: NandAddressing): number {
    return addressing === 'logical' ? this.size : this.chip.geometry.blocks * this.blockSize;
  }

  #place(block: number, addressing: NandAddressing): number {
    return addressing === 'logical' ? this.map.translate(block) : block;
  }

  /** Any range of data bytes. @throws BadBlockFault at an addressed block that is marked bad and has no replacement */
  async read(address: number, length: number, addressing: NandAddressing = 'logical'): Promise<Uint8Array> {
    const { pageSize } = this.chip.geometry;
    const first = Math.floor(address / pageSize);
    const end = Math.ceil((address + length) / pageSize);
    const { data } = await this.readPages(first, end - first, addressing);
    return data.subarray(address - first * pageSize, address - first * pageSize + length);
  }

  /** Whole pages with their spare bytes; as the chip counts, also those of bad blocks. @throws BadBlockFault as `read` */
  async readPages(page: number, count: number, addressing: NandAddressing = 'logical'): Promise<NandPages> {
    const { pageSize, spareSize, pagesPerBlock } = this.chip.geometry;
    const data = new Uint8Array(count * pageSize);
    const spare = new Uint8Array(count * spareSize);
    for (let done = 0; done < count; ) {
      const at = page + done;
      const block = this.#place(Math.floor(at / pagesPerBlock), addressing);
      const run = Math.min(count - done, pagesPerBlock - (at % pagesPerBlock));
      if (addressing === 'logical' && (await this.chip.isBad(block))) {
        throw new BadBlockFault(block, 'read: it is marked bad');
      }
      const part = await this.chip.readPages(block * pagesPerBlock + (at % pagesPerBlock), run);
      data.set(part.data, done * pageSize);
      spare.set(part.spare, done * spareSize);
      done += run;
    }
    return { data, spare };
  }

  /** Erases a block; a worn-out one is replaced from the pool first. @throws BadBlockFault when that cannot be */
  async erase(block: number, addressing: NandAddressing = 'logical'): Promise<void> {
    const place = this.#place(block, addressing);
    try {
      if (await this.chip.isBad(place)) throw new BadBlockFault(place, 'erased: it is marked bad');
      await this.chip.eraseBlock(place);
    } catch (fault) {
      if (addressing === 'physical' || !(fault instanceof BadBlockFault)) throw fault;
      await this.chip.eraseBlock(await this.map.replace(block));
    }
  }

  /**
   * Programs whole pages of erased blocks; what is written to a block that fails moves to another with what was there.
   * @param free the free spare bytes of each page
   */
  async program(
    page: number,
    data: Uint8Array,
    free?: Uint8Array,
    addressing: NandAddressing = 'logical',
  ): Promise<void> {
    const { pageSize, pagesPerBlock } = this.chip.geometry;
    const { freeSpare } = this.chip;
    const count = data.length / pageSize;
    for (let done = 0; done < count; ) {
      const at = page + done;
      const block = Math.floor(at / pagesPerBlock);
      const inBlock = at % pagesPerBlock;
      const run = Math.min(count - done, pagesPerBlock - inBlock);
      const part = data.subarray(done * pageSize, (done + run) * pageSize);
      const spare = free?.subarray(done * freeSpare, (done + run) * freeSpare);
      const place = this.#place(block, addressing);
      try {
        await this.chip.programPages(place * pagesPerBlock + inBlock, part, spare);
      } catch (fault) {
        if (addressing === 'physical' || !(fault instanceof BadBlockFault)) throw fault;
        await this.#move(block, place, inBlock);
        await this.chip.programPages(this.map.translate(block) * pagesPerBlock + inBlock, part, spare);
      }
      done += run;
    }
  }

  /** Takes another block for a failed one and copies the pages before the one that failed. */
  async #move(block: number, failed: number, pages: number): Promise<void> {
    const { pagesPerBlock, spareSize } = this.chip.geometry;
    const { freeSpare } = this.chip;
    const kept = await this.chip.readPages(failed * pagesPerBlock, pages);
    const place = await this.map.replace(block);
    await this.chip.eraseBlock(place);
    if (pages === 0) return;
    const free = new Uint8Array(pages * freeSpare);
    for (let i = 0; i < pages; i++) {
      free.set(kept.spare.subarray(i * spareSize, i * spareSize + freeSpare), i * freeSpare);
    }
    await this.chip.programPages(place * pagesPerBlock, kept.data, free);
  }
}
