/** Bytes that go to the storage as they come. */
import type { Region } from '@unbrick/core';
import { sum16, XflashStatus } from '@unbrick/core/wire';
import { AgentError, type AgentState, ChecksumLevel } from './agent-state.js';
import type { ImageSink } from './programmer.js';

export class RawSink implements ImageSink {
  #written = 0;

  /** `size`: bytes that fit; more is noticed only while writing. */
  constructor(
    private readonly state: AgentState,
    private readonly region: Region,
    private readonly start: number,
    private readonly size: number,
  ) {}

  async write(bytes: Uint8Array, reference: number): Promise<void> {
    if (this.#written + bytes.length > this.size) throw new AgentError(XflashStatus.IMAGE_TOO_LARGE);
    await program(this.state, this.region, this.start + this.#written, bytes, reference);
    this.#written += bytes.length;
  }

  async finish(): Promise<void> {}
}

/**
 * Writes, and with the storage bit of the checksum level reads back and compares the byte sum: with the host's when it is
 * given, else with that of `bytes`. @throws AgentError, StorageFault
 */
export async function program(
  state: AgentState,
  region: Region,
  offset: number,
  bytes: Uint8Array,
  reference?: number,
): Promise<void> {
  const { storage } = state.session;
  await storage.write(region, offset, bytes);
  if ((state.checksumLevel & ChecksumLevel.STORAGE) === 0) return;
  const expected = reference === undefined ? sum16(bytes) : reference;
  const found = sum16(await storage.read(region, offset, bytes.length));
  if (Number.isNaN(expected) || found !== (expected & 0xffff)) throw new AgentError(XflashStatus.CHECKSUM_ERROR);
}
