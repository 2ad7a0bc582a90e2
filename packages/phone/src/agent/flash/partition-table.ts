/** The agent's own look at the GPT of the card. */
import type { Region } from '@unbrick/core';
import { crc32, GPT_SIGNATURE, GptEntry, GptHeader, latin1 } from '@unbrick/core/wire';
import { type PhoneStorage, StorageFault } from '../../storage/phone-storage.js';
import { type FittedStorage, regionSize } from './fitted-storage.js';

/** A partition as the agent knows it; bytes. */
export interface AgentPartition {
  name: string;
  region: Region;
  start: number;
  size: number;
}

/** More than this and the table is damaged: real ones have 128 entries of 128 bytes. */
const MAX_ENTRIES_BYTES = 1 << 20;

/** A valid table is remembered until one is written by name; a missing one is looked for again each time. */
export class PartitionTableCache {
  #partitions: readonly AgentPartition[] | undefined;

  constructor(
    private readonly storage: PhoneStorage,
    private readonly fitted: FittedStorage,
  ) {}

  forget(): void {
    this.#partitions = undefined;
  }

  /** Undefined when neither copy of the GPT is valid. */
  async partitions(): Promise<readonly AgentPartition[] | undefined> {
    const size = regionSize(this.storage, this.fitted.user);
    this.#partitions ??=
      (await this.#readCopy(this.fitted.blockSize, size)) ?? (await this.#readCopy(size - this.fitted.blockSize, size));
    return this.#partitions;
  }

  /** Names are compared without regard to case. */
  async find(name: string): Promise<AgentPartition | undefined> {
    const wanted = name.toLowerCase();
    return (await this.partitions())?.find((partition) => partition.name.toLowerCase() === wanted);
  }

  async #readCopy(offset: number, regionBytes: number): Promise<AgentPartition[] | undefined> {
    const { blockSize, user } = this.fitted;
    if (offset < 0 || offset + blockSize > regionBytes) return undefined;
    try {
      const sector = await this.storage.read(user, offset, blockSize);
      if (latin1(sector.subarray(0, 8)) !== GPT_SIGNATURE) return undefined;
      const header = GptHeader.parse(sector);
      if (header.headerSize < GptHeader.size || header.headerSize > blockSize) return undefined;
      const checked = sector.slice(0, header.headerSize);
      checked.fill(0, GptHeader.offsets.headerCrc, GptHeader.offsets.headerCrc + 4);
      if (crc32(checked) !== header.headerCrc || header.currentLba * blockSize !== offset) return undefined;
      const length = header.entryCount * header.entrySize;
      if (header.entrySize < GptEntry.size || length > MAX_ENTRIES_BYTES) return undefined;
      const entries = await this.storage.read(user, header.entriesLba * blockSize, length);
      if (crc32(entries) !== header.entriesCrc) return undefined;
      return this.#parse(entries, header.entrySize);
    } catch (error) {
      // Numbers that point outside the card, or a card that cannot be read: for the agent the same as no table.
      if (error instanceof RangeError || error instanceof StorageFault) return undefined;
      throw error;
    }
  }

  #parse(entries: Uint8Array, entrySize: number): AgentPartition[] {
    const found: AgentPartition[] = [];
    for (let offset = 0; offset + entrySize <= entries.length; offset += entrySize) {
      const entry = GptEntry.parse(entries, offset);
      if (entry.typeGuid.every((byte) => byte === 0)) continue;
      found.push({
        name: utf16(entry.name),
        region: this.fitted.user,
        start: entry.firstLba * this.fitted.blockSize,
        size: (entry.lastLba - entry.firstLba + 1) * this.fitted.blockSize,
      });
    }
    return found;
  }
}

function utf16(raw: Uint8Array): string {
  const text = new TextDecoder('utf-16le').decode(raw);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
