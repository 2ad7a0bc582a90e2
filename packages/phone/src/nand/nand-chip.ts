import { crc32 } from '@unbrick/core/wire';
import type { Profile } from '../profiles/profile.js';
import { type PhoneStorage, StorageFault } from '../storage/phone-storage.js';

/** Sizes in bytes. */
export interface NandGeometry {
  pageSize: number;
  spareSize: number;
  pagesPerBlock: number;
  blocks: number;
}

/** The block itself is at fault, not the chip: another block can take its place. */
export class BadBlockFault extends StorageFault {
  constructor(
    /** As the chip counts. */
    readonly block: number,
    what: string,
  ) {
    super(`block ${block} of the NAND chip cannot be ${what}`);
  }
}

/** Pages as the chip keeps them, one after another. */
export interface NandPages {
  data: Uint8Array;
  spare: Uint8Array;
}

/** Where factories mark a bad block: this spare byte of its first page is not 0xFF. */
const BAD_MARK = 0;
/** Spare bytes for whoever writes the page, for each 512 bytes of it; error correction has the rest. */
const FREE_SPARE_PER_SECTOR = 8;
const SECTOR = 512;
const ERASED = 0xff;

/**
 * A NAND chip: pages with spare bytes, erased in blocks, some of them bad. Erased bytes are 0xFF; programming can only
 * clear bits. It is kept in the areas `nand` and `nand-spare`, in which an erased page is a hole: zeros in both.
 */
export class NandChip {
  readonly #storage: PhoneStorage;
  readonly #broken: ReadonlySet<number>;
  readonly geometry: NandGeometry;

  /**
   * @param age a new chip has only the bad blocks of its factory
   * @throws RangeError for a profile without NAND
   */
  constructor(storage: PhoneStorage, profile: Profile, age: 'new' | 'used' = 'used') {
    const { nand, blockSize, regions } = profile.storage;
    if (!nand || regions.nand === undefined) throw new RangeError(`${profile.name} has no NAND`);
    this.#storage = storage;
    this.#broken = new Set([...nand.badBlocks, ...(age === 'used' ? (nand.wornBlocks ?? []) : [])]);
    this.geometry = {
      pageSize: blockSize,
      spareSize: nand.spareSize,
      pagesPerBlock: nand.pagesPerBlock,
      blocks: regions.nand / (blockSize * nand.pagesPerBlock),
    };
  }

  /** Bytes of an erase block without its spare bytes. */
  get blockSize(): number {
    return this.geometry.pageSize * this.geometry.pagesPerBlock;
  }

  /** Spare bytes of a page that are free for use; the error correction has those behind them. */
  get freeSpare(): number {
    return (this.geometry.pageSize / SECTOR) * FREE_SPARE_PER_SECTOR;
  }

  /** @param page number of the first, counted over the whole chip */
  async readPages(page: number, count: number): Promise<NandPages> {
    const { pageSize, spareSize } = this.geometry;
    const stored = await this.#storage.read('nand', page * pageSize, count * pageSize);
    const spare = (await this.#storage.read('nand-spare', page * spareSize, count * spareSize)).slice();
    const data = stored.slice();
    for (let i = 0; i < count; i++) {
      const own = spare.subarray(i * spareSize, (i + 1) * spareSize);
      if (!isErased(own)) continue;
      own.fill(ERASED);
      data.fill(ERASED, i * pageSize, (i + 1) * pageSize);
    }
    return { data, spare };
  }

  /**
   * Programs whole pages of one block.
   * @param free the free spare bytes of each page, {@link freeSpare} of them; the correction bytes are the chip's matter
   * @throws BadBlockFault
   */
  async programPages(page: number, data: Uint8Array, free?: Uint8Array): Promise<void> {
    const { pageSize, spareSize, pagesPerBlock } = this.geometry;
    const block = Math.floor(page / pagesPerBlock);
    if (this.#broken.has(block)) throw new BadBlockFault(block, 'written');
    const count = data.length / pageSize;
    const old = await this.readPages(page, count);
    for (let i = 0; i < data.length; i++) old.data[i] = (old.data[i] as number) & (data[i] as number);
    for (let i = 0; i < count; i++) {
      const spare = old.spare.subarray(i * spareSize, (i + 1) * spareSize);
      const mine = free?.subarray(i * this.freeSpare, (i + 1) * this.freeSpare);
      mine?.forEach((byte, at) => {
        spare[at] = (spare[at] as number) & byte;
      });
      spare.set(this.#correction(old.data.subarray(i * pageSize, (i + 1) * pageSize)), this.freeSpare);
    }
    await this.#storage.write('nand', page * pageSize, old.data);
    await this.#storage.write('nand-spare', page * spareSize, old.spare);
  }

  /** @throws BadBlockFault */
  async eraseBlock(block: number): Promise<void> {
    if (this.#broken.has(block)) throw new BadBlockFault(block, 'erased');
    const { spareSize, pagesPerBlock } = this.geometry;
    await this.#storage.erase('nand', block * this.blockSize, this.blockSize);
    await this.#storage.erase('nand-spare', block * pagesPerBlock * spareSize, pagesPerBlock * spareSize);
  }

  async isBad(block: number): Promise<boolean> {
    const { pagesPerBlock, spareSize } = this.geometry;
    const spare = await this.#storage.read('nand-spare', block * pagesPerBlock * spareSize, spareSize);
    return !isErased(spare) && spare[BAD_MARK] !== ERASED;
  }

  /** Marks a block as factories do; works on broken blocks too, as there is only one byte to clear. */
  async markBad(block: number): Promise<void> {
    const { pagesPerBlock, spareSize } = this.geometry;
    const mark = new Uint8Array(spareSize).fill(ERASED);
    mark[BAD_MARK] = 0;
    await this.#storage.write('nand-spare', block * pagesPerBlock * spareSize, mark);
  }

  /** Stands for the parity bytes of the controller: a checksum of each sector, again and again. */
  #correction(page: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(this.geometry.spareSize - this.freeSpare);
    const sectors = page.length / SECTOR;
    const each = Math.floor(bytes.length / sectors);
    for (let sector = 0; sector < sectors; sector++) {
      const sum = crc32(page.subarray(sector * SECTOR, (sector + 1) * SECTOR));
      for (let i = 0; i < each; i++) bytes[sector * each + i] = sum >>> (8 * (i % 4));
    }
    // A page that was written never looks erased, whatever is on it.
    bytes[bytes.length - 1] = 0x5a;
    return bytes;
  }
}

/** Erased pages are kept as holes. */
function isErased(spare: Uint8Array): boolean {
  return spare.every((byte) => byte === 0);
}
