import type { Region, StorageKind } from '@unbrick/core';

/** What a phone's flash memory is kept in: a region, or the spare bytes beside the pages of a NAND chip. */
export type StorageArea = Region | 'nand-spare';

/** The flash memory of a virtual phone. Unwritten bytes read as zero. Offsets and lengths in bytes. */
export interface PhoneStorage {
  readonly kind: StorageKind;
  readonly regions: ReadonlyMap<StorageArea, number>;
  /** True when nothing was ever written: such a phone is born on its first power-up. */
  readonly fresh?: boolean;
  /** @throws RangeError outside the region */
  read(region: StorageArea, offset: number, length: number): Promise<Uint8Array>;
  /** @throws RangeError outside the region; StorageFault when a fault says so */
  write(region: StorageArea, offset: number, bytes: Uint8Array): Promise<void>;
  /** The range reads as zero afterwards and takes no disk space. */
  erase(region: StorageArea, offset: number, length: number): Promise<void>;
  close(): Promise<void>;
}

/** The memory chip failed to do it: what the agent reports as a storage error. */
export class StorageFault extends Error {
  override readonly name = 'StorageFault';
}
