import { UnbrickError } from '../../errors/unbrick-error.js';
import { readTableFromStorage } from '../../storage/partition-table.js';
import { bootRegions, type Extent, type PartitionTable, type StorageInfo, userRegion } from '../../storage/storage.js';
import { concat, XflashControl } from '../../wire/index.js';
import type { Agent, PreloaderWriteResult, RebootTarget, TransferOptions, WriteResult } from '../agent.js';
import { plausibleMillivolts } from '../battery.js';
import { once } from '../byte-stream.js';
import { inEvenPackets, wantedBytes } from '../even-packets.js';
import { OneAtATime } from '../one-at-a-time.js';
import { queryBatteryVoltage } from './battery-voltage.js';
import { controlAction } from './device-control.js';
import { eraseTarget } from './erase.js';
import type { XflashChannel } from './frame.js';
import { readTarget } from './read.js';
import { alignedFlashTarget, flashTarget } from './sections.js';
import { shutDown } from './shutdown.js';
import { downloadImage, writeTarget } from './write.js';

/** Space the device header takes in front of the preloader: 0x800 on eMMC, 0x1000 on UFS. */
const DEVICE_HEADER = 0x1000;

/** What start-up has learned about the agent and its phone. */
export interface XflashAgentFacts {
  version: string;
  storage: StorageInfo;
  /** Bytes a chunk of a write, even. */
  chunkLength: number;
  /** What a finished write proves: `link` only when the agent has taken checksum level 1. */
  agentProof: WriteResult['agentProof'];
  onNote?: (message: string) => void;
}

/**
 * A running XFlash agent (stage 2). Reaches boot1, boot2 and user of an eMMC, lu0 to lu2 of a UFS; these agents have no way
 * to RPMB and GP areas. Writes to the user region need a valid GPT on the phone.
 */
export class XflashAgent implements Agent {
  readonly generation = 'xflash';
  readonly version: string;
  readonly storage: StorageInfo;
  readonly #channel: XflashChannel;
  readonly #facts: XflashAgentFacts;
  readonly #calls = new OneAtATime();

  constructor(channel: XflashChannel, facts: XflashAgentFacts) {
    this.#channel = channel;
    this.#facts = facts;
    this.version = facts.version;
    this.storage = facts.storage;
  }

  batteryMillivolts(): Promise<number | undefined> {
    return this.#calls.run('tell the voltage of the battery', 'agent', async () =>
      plausibleMillivolts(await queryBatteryVoltage(this.#channel)),
    );
  }

  async readPartitionTable(): Promise<PartitionTable> {
    const region = userRegion(this.storage.kind);
    const read = async (start: number, length: number): Promise<Uint8Array> => {
      const pieces: Uint8Array[] = [];
      for await (const piece of this.read({ region, start, length })) pieces.push(piece);
      return concat(...pieces);
    };
    return readTableFromStorage(read, this.storage.regions.get(region) ?? 0, this.storage.blockSize);
  }

  async *read(extent: Extent, options: TransferOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    const target = flashTarget(this.storage, inEvenPackets(this.storage, extent), 'agent');
    this.#calls.begin('read', 'agent');
    try {
      const { onBytes, ...rest } = options;
      yield* wantedBytes(readTarget(this.#channel, target, rest), extent, onBytes);
    } finally {
      this.#calls.end();
    }
  }

  write(extent: Extent, data: AsyncIterable<Uint8Array>, options: TransferOptions = {}): Promise<WriteResult> {
    return this.#calls.run('write', 'write', async () => {
      const target = alignedFlashTarget(this.storage, extent, 'write');
      await writeTarget(this.#channel, target, { ...options, data, chunkLength: this.#facts.chunkLength });
      // House-keeping that hosts ask for after raw writes; builds that do not know it refuse, and nothing is lost.
      await controlAction(this.#channel, XflashControl.CC_OPTIONAL_DOWNLOAD_ACT);
      return { bytes: extent.length, agentProof: this.#facts.agentProof };
    });
  }

  /** By name: a card without a table takes nothing else in its user area. The agent forgets the old table then. */
  writeTableCopy(name: 'PGPT' | 'SGPT', extent: Extent, bytes: Uint8Array): Promise<void> {
    return this.#calls.run('write the partition table', 'write', () =>
      downloadImage(this.#channel, name, extent.length, { data: once(bytes), chunkLength: this.#facts.chunkLength }),
    );
  }

  /**
   * By name, so that the agent makes the device header. A stop is looked at only before the start: a preloader written by
   * half is the one thing that keeps a phone from starting.
   */
  writePreloader(file: Uint8Array, { onBytes, stop }: TransferOptions = {}): Promise<PreloaderWriteResult> {
    return this.#calls.run('write the preloader', 'write', async () => {
      stop?.throwIfAborted();
      this.#expectRoom(file);
      await downloadImage(this.#channel, 'preloader', file.length, {
        data: once(file),
        chunkLength: this.#facts.chunkLength,
        ...(onBytes ? { onBytes } : {}),
      });
      // Captures show the first boot area only; whether the second is written too depends on the build.
      const [first] = bootRegions(this.storage.kind);
      return { bytes: file.length, agentProof: this.#facts.agentProof, regions: first ? [first] : [] };
    });
  }

  erase(extent: Extent, options: TransferOptions = {}): Promise<void> {
    return this.#calls.run('erase', 'erase', async () => {
      await eraseTarget(this.#channel, alignedFlashTarget(this.storage, extent, 'erase'), options);
    });
  }

  reboot(target: RebootTarget): Promise<void> {
    return this.#calls.run('reboot', 'reboot', async () => {
      await shutDown(this.#channel, target);
      if (target === 'power-off') this.#facts.onNote?.('The phone switches off when the cable is unplugged.');
    });
  }

  /** The agent notices an image that is too large only when the area is full. */
  #expectRoom(file: Uint8Array): void {
    const region = bootRegions(this.storage.kind)[0];
    const size = (region && this.storage.regions.get(region)) ?? 0;
    if (file.length > 0 && file.length + DEVICE_HEADER <= size) return;
    throw new UnbrickError({
      code: 'EXTENT_INVALID',
      stage: 'write',
      message: `A preloader of ${file.length} bytes does not fit the phone's boot area.`,
      evidence: [`${region ?? 'a boot area'} has ${size} bytes, ${DEVICE_HEADER} of them for the device header`],
      next: ['Use the preloader file of exactly this phone, in the plain form that firmware folders have.'],
    });
  }
}
