/** Bytes that go to the storage as they come. */
import type { Region } from '@unbrick/core';
import { sum16, XflashStatus } from '@unbrick/core/wire';
import { AgentError, type FlashContext } from './flash-context.js';
import type { ImageSink } from './programmer.js';

export class RawSink implements ImageSink {
  #written = 0;

  /** `size`: bytes that fit; more is noticed only while writing. */
  constructor(
    private readonly flash: FlashContext,
    private readonly region: Region,
    private readonly start: number,
    private readonly size: number,
  ) {}

  async write(bytes: Uint8Array, reference?: number): Promise<void> {
    if (this.#written + bytes.length > this.size) throw new AgentError(XflashStatus.IMAGE_TOO_LARGE);
    await program(this.flash, this.region, this.start + this.#written, bytes, reference);
    this.#written += bytes.length;
  }

  async finish(): Promise<void> {}
}

/**
 * Writes, and reads back when the host asked for it, and compares the byte sum: with the host's when it is given, else with
 * that of `bytes`. @throws AgentError, StorageFault
 */
export async function program(
  flash: FlashContext,
  region: Region,
  offset: number,
  bytes: Uint8Array,
  reference?: number,
): Promise<void> {
  const { storage, verifies } = flash;
  await storage.write(region, offset, bytes);
  if (!verifies) return;
  const expected = reference === undefined ? sum16(bytes) : reference;
  const found = sum16(await storage.read(region, offset, bytes.length));
  if (Number.isNaN(expected) || found !== (expected & 0xffff)) throw new AgentError(XflashStatus.CHECKSUM_ERROR);
}
