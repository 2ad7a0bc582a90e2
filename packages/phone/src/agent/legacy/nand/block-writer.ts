import type { NandAddressing, NandFlash } from '../../../nand/nand-flash.js';

/** How a stream of bytes is made of pages. */
export type PageForm = 'page' | 'page-and-spare';

/**
 * Puts a stream into the flash from a block's start on: each block is erased when its first page comes. A last page that is
 * not full is filled with 0xFF.
 */
export class BlockWriter {
  #page: number;
  #rest: Uint8Array = new Uint8Array(0);
  #erased = -1;

  constructor(
    private readonly flash: NandFlash,
    address: number,
    private readonly addressing: NandAddressing,
    private readonly form: PageForm,
  ) {
    this.#page = address / flash.chip.geometry.pageSize;
  }

  /** Bytes of the stream that make one page. */
  get unit(): number {
    const { pageSize, spareSize } = this.flash.chip.geometry;
    return this.form === 'page' ? pageSize : pageSize + spareSize;
  }

  async put(data: Uint8Array): Promise<void> {
    const all = new Uint8Array(this.#rest.length + data.length);
    all.set(this.#rest);
    all.set(data, this.#rest.length);
    const pages = Math.floor(all.length / this.unit);
    await this.#write(all.subarray(0, pages * this.unit), pages);
    this.#rest = all.slice(pages * this.unit);
  }

  /** The end of the stream. */
  async finish(): Promise<void> {
    if (this.#rest.length === 0) return;
    const page = new Uint8Array(this.unit).fill(0xff);
    page.set(this.#rest);
    this.#rest = new Uint8Array(0);
    await this.#write(page, 1);
  }

  async #write(stream: Uint8Array, pages: number): Promise<void> {
    const { pagesPerBlock } = this.flash.chip.geometry;
    for (let done = 0; done < pages; ) {
      const block = Math.floor(this.#page / pagesPerBlock);
      const run = Math.min(pages - done, pagesPerBlock - (this.#page % pagesPerBlock));
      if (block !== this.#erased) await this.flash.erase(block, this.addressing);
      this.#erased = block;
      const { data, free } = this.#split(stream.subarray(done * this.unit, (done + run) * this.unit), run);
      await this.flash.program(this.#page, data, free, this.addressing);
      this.#page += run;
      done += run;
    }
  }

  #split(stream: Uint8Array, pages: number): { data: Uint8Array; free?: Uint8Array } {
    if (this.form === 'page') return { data: stream };
    const { pageSize } = this.flash.chip.geometry;
    const { freeSpare } = this.flash.chip;
    const data = new Uint8Array(pages * pageSize);
    const free = new Uint8Array(pages * freeSpare);
    for (let i = 0; i < pages; i++) {
      const at = i * this.unit;
      data.set(stream.subarray(at, at + pageSize), i * pageSize);
      free.set(stream.subarray(at + pageSize, at + pageSize + freeSpare), i * freeSpare);
    }
    return { data, free };
  }
}
