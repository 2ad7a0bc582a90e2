import { UnbrickError } from '../../errors/unbrick-error.js';
import { readTableFromStorage } from '../../storage/partition-table.js';
import { bootRegions, type Extent, type PartitionTable, type StorageInfo, userRegion } from '../../storage/storage.js';
import { concat } from '../../wire/index.js';
import type { Agent, PreloaderWriteResult, RebootTarget, TransferOptions, WriteResult } from '../agent.js';
import { plausibleMillivolts } from '../battery.js';
import { OneAtATime } from '../one-at-a-time.js';
import { readPartitionTable, setBootMode, type XmlBootMode } from './command-text.js';
import type { XmlConversation } from './conversation.js';
import { eraseExtent } from './erase-command.js';
import { tableOfList } from './partition-list.js';
import { readExtent } from './read-command.js';
import { fetchText } from './replies.js';
import { endSession } from './session-end.js';
import { writeExtent, writePreloaderFile } from './write-command.js';

/** What start-up has learned about the agent and its phone. */
export interface XmlAgentFacts {
  version: string;
  storage: StorageInfo;
  /** As the agent has told it when it started. */
  batteryMillivolts?: number | undefined;
  /** What a finished write proves: `link` only when the agent was told to compare checksums. */
  agentProof: WriteResult['agentProof'];
  onNote?: (message: string) => void;
}

/** A running XML agent (stage 2), with eMMC or UFS. */
export class XmlAgent implements Agent {
  readonly generation = 'xml';
  readonly version: string;
  readonly storage: StorageInfo;
  readonly #talk: XmlConversation;
  readonly #facts: XmlAgentFacts;
  readonly #calls = new OneAtATime();

  constructor(talk: XmlConversation, facts: XmlAgentFacts) {
    this.#talk = talk;
    this.#facts = facts;
    this.version = facts.version;
    this.storage = facts.storage;
  }

  async batteryMillivolts(): Promise<number | undefined> {
    return plausibleMillivolts(this.#facts.batteryMillivolts);
  }

  /**
   * From the storage itself, where checksums guard it and its second copy is at hand; from the agent's own list when the
   * storage may not be read or holds no table that this program knows.
   * @throws UnbrickError `NO_PARTITION_TABLE`
   */
  async readPartitionTable(): Promise<PartitionTable> {
    const region = userRegion(this.storage.kind);
    const read = async (start: number, length: number): Promise<Uint8Array> => {
      const pieces: Uint8Array[] = [];
      for await (const piece of this.read({ region, start, length })) pieces.push(piece);
      return concat(...pieces);
    };
    try {
      const { regions, blockSize } = this.storage;
      return await readTableFromStorage(read, regions.get(region) ?? 0, blockSize, region);
    } catch (cause) {
      if (!(cause instanceof UnbrickError) || !LIST_MAY_HELP.has(cause.code)) throw cause;
      const list = await this.#listOfAgent();
      if (!list) throw cause;
      this.#facts.onNote?.(`The partition table comes from the agent’s own list: ${cause.message}`);
      return list;
    }
  }

  async *read(extent: Extent, options: TransferOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    this.#calls.begin('read', 'agent');
    try {
      yield* readExtent(this.#talk, this.storage, extent, options);
    } finally {
      this.#calls.end();
    }
  }

  write(extent: Extent, data: AsyncIterable<Uint8Array>, options: TransferOptions = {}): Promise<WriteResult> {
    return this.#calls.run('write', 'write', async () => {
      await writeExtent(this.#talk, this.storage, extent, data, options);
      return { bytes: extent.length, agentProof: this.#facts.agentProof };
    });
  }

  writePreloader(file: Uint8Array, options: TransferOptions = {}): Promise<PreloaderWriteResult> {
    return this.#calls.run('write the preloader', 'write', async () => {
      await writePreloaderFile(this.#talk, this.storage, file, options);
      // No capture shows whether the second boot area is written too: only the first is promised.
      const [first] = bootRegions(this.storage.kind);
      return { bytes: file.length, agentProof: this.#facts.agentProof, regions: first ? [first] : [] };
    });
  }

  erase(extent: Extent, options: TransferOptions = {}): Promise<void> {
    return this.#calls.run('erase', 'erase', () => eraseExtent(this.#talk, this.storage, extent, options));
  }

  /** SET-BOOT-MODE: where the phone goes at its next start. */
  setBootMode(mode: XmlBootMode): Promise<void> {
    const asked = { stage: 'reboot', what: `to start into ${mode} the next time` } as const;
    return this.#calls.run('set the boot mode', 'reboot', () => this.#talk.do(setBootMode(mode), asked));
  }

  reboot(target: RebootTarget): Promise<void> {
    return this.#calls.run('reboot', 'reboot', async () => {
      await endSession(this.#talk, target);
      if (target === 'power-off') this.#facts.onNote?.(STAYS_AWAY);
    });
  }

  async #listOfAgent(): Promise<PartitionTable | undefined> {
    const asked = { stage: 'agent', what: 'to list its partitions' } as const;
    return this.#calls.run('list the partitions', 'agent', async () =>
      tableOfList(await fetchText(this.#talk, readPartitionTable, asked), this.storage),
    );
  }
}

const STAYS_AWAY =
  'The phone has let go of the cable; hold its power key for 15 seconds to be sure that it is switched off.';

/** Failures of reading the table that say nothing about the phone's partitions. */
const LIST_MAY_HELP = new Set(['NO_PARTITION_TABLE', 'SECURITY_REFUSED', 'AGENT_REFUSED', 'AGENT_COMMAND_UNKNOWN']);
