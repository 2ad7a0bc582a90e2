import type { UnbrickError } from '../../errors/unbrick-error.js';
import { readTableFromNand, readTableFromStorage } from '../../storage/partition-table.js';
import {
  bootRegions,
  type Extent,
  type PartitionTable,
  type PmtEntry,
  type StorageInfo,
  userRegion,
} from '../../storage/storage.js';
import { encode, LegacyCommand, u32 } from '../../wire/index.js';
import type { Agent, PreloaderWriteResult, RebootTarget, TransferOptions, WriteResult } from '../agent.js';
import { plausibleMillivolts } from '../battery.js';
import { OneAtATime } from '../one-at-a-time.js';
import type { AgentStartOptions } from '../start.js';
import { remakeBadBlockMap } from './bad-blocks.js';
import { readBatteryVoltage } from './battery-voltage.js';
import { type Conversation, conversationIsOver } from './conversation.js';
import { eraseExtent } from './erase-command.js';
import { checkNandStart, writeNandExtent } from './nand-write-command.js';
import { fetchPartitionList, tableOfList } from './partition-list.js';
import { sendPartitionList } from './partition-list-command.js';
import { downloadPreloader } from './preloader-command.js';
import { readExtent } from './read-command.js';
import { checkExtent } from './regions.js';
import { powerOff, restartPhone } from './session-end.js';
import { writeExtent } from './write-command.js';

export interface LegacyAgentFacts {
  version: string;
  storage: StorageInfo;
  onNote?: AgentStartOptions['onNote'] | undefined;
}

/** A running agent of the legacy generation, on a phone with eMMC, an SD card in its place, or raw NAND. */
export class LegacyAgent implements Agent {
  readonly generation = 'legacy';
  readonly version: string;
  readonly storage: StorageInfo;
  readonly #talk: Conversation;
  readonly #onNote: AgentStartOptions['onNote'];
  #securityTold = false;
  readonly #calls = new OneAtATime();

  /** @param talk a conversation that has reached the agent's command loop */
  constructor(talk: Conversation, { version, storage, onNote }: LegacyAgentFacts) {
    this.#talk = talk;
    this.version = version;
    this.storage = storage;
    this.#onNote = onNote;
  }

  batteryMillivolts(): Promise<number | undefined> {
    return this.#calls.run('tell the voltage of the battery', 'agent', async () =>
      plausibleMillivolts(await readBatteryVoltage(this.#talk)),
    );
  }

  /**
   * The agent's own list where it is whole and fits, else the table on the storage.
   * @throws UnbrickError `NO_PARTITION_TABLE`
   */
  async readPartitionTable(): Promise<PartitionTable> {
    return this.#calls.run('read the partition table', 'agent', async () => {
      try {
        return tableOfList(await fetchPartitionList(this.#talk, this.storage.kind), this.storage);
      } catch (error) {
        if (conversationIsOver(error) || (error as UnbrickError).code === 'NO_PARTITION_TABLE') throw error;
        this.#onNote?.(`${(error as UnbrickError).evidence[0]}; the partition table is read from the storage itself`);
      }
      const region = userRegion(this.storage.kind);
      const readBytes = async (start: number, length: number) => {
        const bytes = new Uint8Array(length);
        let at = 0;
        for await (const piece of readExtent(this.#talk, this.storage, { region, start, length })) {
          bytes.set(piece, at);
          at += piece.length;
        }
        return bytes;
      };
      const size = this.storage.regions.get(region) ?? 0;
      if (this.storage.nand) return readTableFromNand(readBytes, size, this.storage.nand);
      return readTableFromStorage(readBytes, size, this.storage.blockSize);
    });
  }

  async *read(extent: Extent, options?: TransferOptions): AsyncGenerator<Uint8Array, void, undefined> {
    checkExtent(this.storage, extent, 1);
    this.#calls.begin('read', 'agent');
    try {
      yield* readExtent(this.#talk, this.storage, extent, options);
    } finally {
      this.#calls.end();
    }
  }

  /** @throws UnbrickError `EXTENT_INVALID`, `DATA_LENGTH`, `AGENT_REFUSED` and relatives, `WRITE_MISMATCH`, or what `data` throws */
  async write(extent: Extent, data: AsyncIterable<Uint8Array>, options?: TransferOptions): Promise<WriteResult> {
    checkExtent(this.storage, extent, this.storage.blockSize);
    const onNand = this.storage.kind === 'nand';
    if (onNand) checkNandStart(this.storage, extent);
    await this.#calls.run('write', 'write', async () => {
      if (extent.length > 0) await this.#tellSecurity();
      const write = onNand ? writeNandExtent : writeExtent;
      await write(this.#talk, this.storage, extent, data, options);
    });
    return { bytes: extent.length, agentProof: 'link' };
  }

  /** NAND only. @throws UnbrickError `AGENT_REFUSED` */
  async writePartitionList(entries: readonly PmtEntry[], update: boolean): Promise<void> {
    await this.#calls.run('write the partition table', 'write', async () => {
      await this.#tellSecurity();
      await sendPartitionList(this.#talk, entries, update);
    });
  }

  /** NAND only. @throws UnbrickError `BAD_BLOCK_MAP_FAILED` */
  mapBadBlocks(): Promise<boolean> {
    return this.#calls.run('map bad blocks', 'erase', async () => {
      await this.#tellSecurity();
      return remakeBadBlockMap(this.#talk);
    });
  }

  /** A stop is obeyed before the start only. @throws UnbrickError `PRELOADER_INVALID`, `AGENT_REFUSED` and relatives */
  async writePreloader(file: Uint8Array, options: TransferOptions = {}): Promise<PreloaderWriteResult> {
    options.stop?.throwIfAborted();
    await this.#calls.run('write the preloader', 'write', () =>
      downloadPreloader(this.#talk, this.storage, file, () => this.#tellSecurity(), options.onBytes),
    );
    return { bytes: file.length, agentProof: 'link', regions: bootRegions(this.storage.kind) };
  }

  /** @throws UnbrickError `EXTENT_INVALID`, `AGENT_REFUSED` and relatives, `FORMAT_PARTIAL` */
  async erase(extent: Extent, options?: TransferOptions): Promise<void> {
    checkExtent(this.storage, extent, this.storage.blockSize);
    if (extent.length === 0) return;
    if (this.storage.kind === 'nand') checkNandStart(this.storage, extent);
    await this.#calls.run('erase', 'erase', async () => {
      await this.#tellSecurity();
      await eraseExtent(this.#talk, this.storage, extent, options);
    });
  }

  reboot(target: RebootTarget): Promise<void> {
    return this.#calls.run('end the session', 'reboot', () =>
      target === 'power-off' ? powerOff(this.#talk) : restartPhone(this.#talk),
    );
  }

  /** Once before the first change to the storage, as the vendor's host does: no security information is brought along. */
  async #tellSecurity(): Promise<void> {
    if (this.#securityTold) return;
    this.#talk.doing = { stage: 'agent', what: 'asking for the permission to write' };
    await this.#talk.send(Uint8Array.of(LegacyCommand.CHECK_PC_SECURITY_INFO), encode(u32, 'big', 0));
    await this.#talk.ack('the answer to the security information');
    this.#securityTold = true;
  }
}
