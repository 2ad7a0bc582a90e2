import type { Region, StorageKind } from '@unbrick/core';
import { type PhoneStorage, StorageFault } from '../../../storage/phone-storage.js';

const SECTOR = 512;

/** What a sector reads as that was never written. */
export type BlankSector = (region: Region, offset: number) => Uint8Array;

/** Storage in a map of sectors; other than a phone's own, unwritten sectors can hold a pattern. */
export class MemoryStorage implements PhoneStorage {
  readonly regions: ReadonlyMap<Region, number>;
  /** Byte ranges, as `region:offset`, whose write or read fails. */
  failWritesFrom = Number.POSITIVE_INFINITY;
  failReadsFrom = Number.POSITIVE_INFINITY;
  failErase = false;
  /** Flips a bit of each sector written. */
  corrupt = false;
  readonly #sectors = new Map<string, Uint8Array>();
  readonly #erased: { region: Region; from: number; to: number }[] = [];

  constructor(
    readonly kind: StorageKind,
    regions: Partial<Record<Region, number>>,
    private readonly blank: BlankSector = () => new Uint8Array(SECTOR),
  ) {
    this.regions = new Map(Object.entries(regions) as [Region, number][]);
  }

  async read(region: Region, offset: number, length: number): Promise<Uint8Array> {
    this.#check(region, offset, length);
    if (offset + length > this.failReadsFrom) throw new StorageFault('the card does not answer');
    const bytes = new Uint8Array(length);
    this.#each(offset, length, (sector, from, at, count) => {
      bytes.set(this.#sector(region, sector).subarray(from, from + count), at);
    });
    return bytes;
  }

  async write(region: Region, offset: number, bytes: Uint8Array): Promise<void> {
    this.#check(region, offset, bytes.length);
    if (offset + bytes.length > this.failWritesFrom) throw new StorageFault('the card does not answer');
    this.#each(offset, bytes.length, (sector, from, at, count) => {
      const content = this.#sector(region, sector).slice();
      content.set(bytes.subarray(at, at + count), from);
      if (this.corrupt) content[from] = (content[from] as number) ^ 1;
      this.#sectors.set(`${region}:${sector}`, content);
    });
  }

  async erase(region: Region, offset: number, length: number): Promise<void> {
    this.#check(region, offset, length);
    if (this.failErase) throw new StorageFault('the card does not answer');
    for (const key of [...this.#sectors.keys()]) {
      const [name, sector] = key.split(':') as [Region, string];
      if (name === region && Number(sector) >= offset && Number(sector) < offset + length) this.#sectors.delete(key);
    }
    this.#erased.push({ region, from: offset, to: offset + length });
  }

  async close(): Promise<void> {}

  #sector(region: Region, sector: number): Uint8Array {
    const written = this.#sectors.get(`${region}:${sector}`);
    if (written) return written;
    const erased = this.#erased.some((range) => range.region === region && sector >= range.from && sector < range.to);
    return erased ? new Uint8Array(SECTOR) : this.blank(region, sector);
  }

  #each(
    offset: number,
    length: number,
    visit: (sector: number, from: number, at: number, count: number) => void,
  ): void {
    for (let at = 0; at < length; ) {
      const from = (offset + at) % SECTOR;
      const count = Math.min(SECTOR - from, length - at);
      visit(offset + at - from, from, at, count);
      at += count;
    }
  }

  #check(region: Region, offset: number, length: number): void {
    const size = this.regions.get(region);
    if (size === undefined || offset < 0 || length < 0 || offset + length > size) {
      throw new RangeError(`${region} ${offset}+${length} is outside the storage`);
    }
  }
}
