import type { StorageKind } from '@unbrick/core';
import type { PhoneStorage, StorageArea } from './phone-storage.js';
import { checkRange, isZero } from './range.js';

const PAGE = 65_536;

/** Flash memory in RAM: only pages that hold data take space. Runs everywhere; for files see the Node entry point. */
export class MemoryStorage implements PhoneStorage {
  readonly kind: StorageKind;
  readonly regions: ReadonlyMap<StorageArea, number>;
  readonly #pages = new Map<StorageArea, Map<number, Uint8Array>>();
  #written = false;

  constructor(kind: StorageKind, regions: Partial<Record<StorageArea, number>>) {
    this.kind = kind;
    this.regions = new Map(Object.entries(regions) as [StorageArea, number][]);
    for (const region of this.regions.keys()) this.#pages.set(region, new Map());
  }

  get fresh(): boolean {
    return !this.#written;
  }

  /** Memory that the stored data take, bytes. */
  get allocated(): number {
    let pages = 0;
    for (const map of this.#pages.values()) pages += map.size;
    return pages * PAGE;
  }

  async read(region: StorageArea, offset: number, length: number): Promise<Uint8Array> {
    checkRange(this.regions, region, offset, length);
    const pages = this.#pagesOf(region);
    const result = new Uint8Array(length);
    for (let at = offset; at < offset + length; ) {
      const inPage = at % PAGE;
      const part = Math.min(PAGE - inPage, offset + length - at);
      const page = pages.get((at - inPage) / PAGE);
      if (page) result.set(page.subarray(inPage, inPage + part), at - offset);
      at += part;
    }
    return result;
  }

  async write(region: StorageArea, offset: number, bytes: Uint8Array): Promise<void> {
    checkRange(this.regions, region, offset, bytes.length);
    this.#written = true;
    const pages = this.#pagesOf(region);
    for (let done = 0; done < bytes.length; ) {
      const at = offset + done;
      const inPage = at % PAGE;
      const part = bytes.subarray(done, done + PAGE - inPage);
      done += part.length;
      const index = (at - inPage) / PAGE;
      let page = pages.get(index);
      if (!page) {
        if (isZero(part)) continue;
        page = new Uint8Array(PAGE);
        pages.set(index, page);
      }
      page.set(part, inPage);
    }
  }

  async erase(region: StorageArea, offset: number, length: number): Promise<void> {
    checkRange(this.regions, region, offset, length);
    const pages = this.#pagesOf(region);
    const end = offset + length;
    const eraseIn = (index: number, page: Uint8Array) => {
      const from = Math.max(offset - index * PAGE, 0);
      const to = Math.min(end - index * PAGE, PAGE);
      if (from >= to) return;
      if (from === 0 && to === PAGE) pages.delete(index);
      else page.fill(0, from, to);
    };
    const firstIndex = Math.floor(offset / PAGE);
    const lastIndex = Math.floor((end - 1) / PAGE);
    if (lastIndex - firstIndex > pages.size) {
      for (const [index, page] of pages) eraseIn(index, page);
      return;
    }
    for (let index = firstIndex; index <= lastIndex; index++) {
      const page = pages.get(index);
      if (page) eraseIn(index, page);
    }
  }

  async close(): Promise<void> {}

  #pagesOf(region: StorageArea): Map<number, Uint8Array> {
    return this.#pages.get(region) as Map<number, Uint8Array>;
  }
}
