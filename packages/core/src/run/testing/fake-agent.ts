import type { Agent, PreloaderWriteResult, RebootTarget, TransferOptions, WriteResult } from '../../agent/agent.js';
import { UnbrickError } from '../../errors/unbrick-error.js';
import { readTableFromStorage } from '../../storage/partition-table.js';
import { nandPmtPartitions } from '../../storage/pmt-entries.js';
import {
  type Extent,
  type PartitionTable,
  type PmtEntry,
  type Region,
  type StorageInfo,
  userRegion,
} from '../../storage/storage.js';

const PACKET = 4096;

/** An agent without a wire: storage in memory, and a diary of what was asked of it. */
export class FakeAgent implements Agent {
  readonly generation = 'legacy';
  readonly version = 'fake';
  readonly memory = new Map<Region, Uint8Array>();
  readonly diary: string[] = [];
  /** Flips a bit in everything written. */
  badWrites = false;
  /** Boot areas that the preloader command promises. */
  promised: Region[] = ['boot1', 'boot2'];
  /** Regions that raw writes are refused for. */
  refused: Region[] = [];
  /** NAND: its partition list, which lies in blocks of its own. */
  list: PmtEntry[] | undefined;
  /** Called before each packet moves, with its offset in the transfer. */
  onPacket: (kind: 'read' | 'write' | 'erase' | 'preloader', offset: number) => void = () => {};

  /** @param table without one, the table is what lies in the memory */
  constructor(
    readonly storage: StorageInfo,
    readonly table?: PartitionTable,
  ) {
    for (const [region, size] of storage.regions) this.memory.set(region, new Uint8Array(size).fill(this.#erased));
  }

  get #erased(): number {
    return this.storage.nand ? 0xff : 0;
  }

  readPartitionTable(): Promise<PartitionTable> {
    if (this.table) return Promise.resolve(this.table);
    if (this.storage.nand) return this.#listOfNand();
    const region = userRegion(this.storage.kind);
    const memory = this.memory.get(region) as Uint8Array;
    return readTableFromStorage(
      async (start, length) => memory.slice(start, start + length),
      memory.length,
      this.storage.blockSize,
      region,
    );
  }

  async #listOfNand(): Promise<PartitionTable> {
    if (!this.list) {
      throw new UnbrickError({ code: 'NO_PARTITION_TABLE', stage: 'agent', message: 'There is no list.' });
    }
    const entries = this.list;
    return { kind: 'pmt', source: 'the list', partitions: nandPmtPartitions(entries), record: { entries } };
  }

  async writePartitionList(entries: readonly PmtEntry[]): Promise<void> {
    this.diary.push('write partition list');
    this.onPacket('write', 0);
    this.list = entries.map((entry) => ({ ...entry }));
    this.onPacket('write', 1);
  }

  async mapBadBlocks(): Promise<boolean> {
    this.diary.push('map bad blocks');
    return false;
  }

  async *read(extent: Extent, options: TransferOptions = {}): AsyncIterable<Uint8Array> {
    this.diary.push(`read ${place(extent)}`);
    for (let offset = 0; offset < extent.length; offset += PACKET) {
      options.stop?.throwIfAborted();
      this.onPacket('read', offset);
      const start = extent.start + offset;
      yield this.region(extent).slice(start, Math.min(start + PACKET, extent.start + extent.length));
    }
  }

  async write(extent: Extent, data: AsyncIterable<Uint8Array>, options: TransferOptions = {}): Promise<WriteResult> {
    this.diary.push(`write ${place(extent)}`);
    if (this.refused.includes(extent.region)) {
      throw new UnbrickError({ code: 'AGENT_REFUSED', stage: 'write', message: 'The agent said no.' });
    }
    let offset = 0;
    for await (const chunk of data) {
      options.stop?.throwIfAborted();
      this.onPacket('write', offset);
      const target = this.region(extent).subarray(extent.start + offset);
      target.set(chunk);
      if (this.badWrites) target[0] = (target[0] as number) ^ 1;
      offset += chunk.length;
      options.onBytes?.(offset);
    }
    return { bytes: offset, agentProof: 'link' };
  }

  async writePreloader(file: Uint8Array): Promise<PreloaderWriteResult> {
    this.diary.push('write preloader');
    this.onPacket('preloader', 0);
    for (const region of this.promised) {
      this.memory.get(region)?.set(file, 0x800);
      if (this.badWrites) this.memory.get(region)?.fill(0, 0x800, 0x900);
    }
    return { bytes: file.length, agentProof: 'none', regions: this.promised };
  }

  async erase(extent: Extent): Promise<void> {
    this.diary.push(`erase ${place(extent)}`);
    const half = Math.floor(extent.length / 2);
    this.region(extent).fill(this.#erased, extent.start, extent.start + half);
    this.onPacket('erase', half);
    this.region(extent).fill(this.#erased, extent.start, extent.start + extent.length);
  }

  async reboot(target: RebootTarget): Promise<void> {
    this.diary.push(`reboot ${target}`);
  }

  private region(extent: Extent): Uint8Array {
    return this.memory.get(extent.region) as Uint8Array;
  }
}

function place({ region, start, length }: Extent): string {
  return `${region}+${start}:${length}`;
}
