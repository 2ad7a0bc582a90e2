import type { Extent, StorageKind } from '@unbrick/core';
import { type PhoneStorage, type StorageArea, StorageFault } from './phone-storage.js';

export interface StorageFaults {
  /** Each write that touches one of these is stored with one flipped bit in it. */
  badWrite?: readonly Extent[];
  /** Each write that touches one of these fails and stores nothing. */
  writeError?: readonly Extent[];
}

/** Flash memory with worn-out places, around memory that works. */
export class FaultyStorage implements PhoneStorage {
  readonly #inner: PhoneStorage;
  readonly #faults: StorageFaults;

  constructor(inner: PhoneStorage, faults: StorageFaults) {
    this.#inner = inner;
    this.#faults = faults;
  }

  get kind(): StorageKind {
    return this.#inner.kind;
  }

  get regions(): ReadonlyMap<StorageArea, number> {
    return this.#inner.regions;
  }

  read(region: StorageArea, offset: number, length: number): Promise<Uint8Array> {
    return this.#inner.read(region, offset, length);
  }

  async write(region: StorageArea, offset: number, bytes: Uint8Array): Promise<void> {
    const broken = this.#faults.writeError?.find((extent) => overlap(extent, region, offset, bytes.length));
    if (broken) throw new StorageFault(`the memory chip reports a program error at ${region}+${offset}`);
    const weak = this.#faults.badWrite?.find((extent) => overlap(extent, region, offset, bytes.length));
    if (!weak) return this.#inner.write(region, offset, bytes);
    const stored = bytes.slice();
    const victim = Math.max(weak.start - offset, 0);
    stored[victim] = (stored[victim] as number) ^ 0x01;
    return this.#inner.write(region, offset, stored);
  }

  erase(region: StorageArea, offset: number, length: number): Promise<void> {
    return this.#inner.erase(region, offset, length);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

function overlap(extent: Extent, region: StorageArea, offset: number, length: number): boolean {
  return extent.region === region && offset < extent.start + extent.length && extent.start < offset + length;
}
