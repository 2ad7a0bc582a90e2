import type { Extent, PartitionTable, PmtEntry, Region, StorageInfo } from '../storage/storage.js';

export type AgentGeneration = 'legacy' | 'xflash' | 'xml';

/** Called as bytes are done; `bytes` counts up to the total of the call. */
export type OnBytes = (bytes: number) => void;

export interface WriteResult {
  /** Bytes that were written. */
  bytes: number;
  /**
   * What the agent itself proved about them: `none`; `link` = each packet's checksum compared in the phone's memory;
   * `storage` = the agent read the flash back and compared.
   */
  agentProof: 'none' | 'link' | 'storage';
}

/** What {@link Agent.writePreloader} did. */
export interface PreloaderWriteResult extends WriteResult {
  /** The boot areas that the agent's protocol promises to have written. */
  regions: readonly Region[];
}

export interface TransferOptions {
  onBytes?: OnBytes;
  /**
   * A soft stop: checked between packets. The agent ends the command in the clean way its protocol has, stays usable, and
   * the call rejects with the signal's reason.
   */
  stop?: AbortSignal;
}

export type RebootTarget = 'normal' | 'power-off';

/**
 * A running Download Agent, whatever its generation. Bytes move as streams: memory use does not depend on their number.
 * One call at a time. Every method throws UnbrickError; after an error the agent is usable again unless the error's code is
 * `PHONE_GONE`, `PHONE_SILENT` or `AGENT_OUT_OF_STEP`.
 */
export interface Agent {
  readonly generation: AgentGeneration;
  /** Build text of the agent where known. */
  readonly version: string;
  readonly storage: StorageInfo;
  /**
   * What the contacts of the phone's battery show, millivolts. Undefined when the agent does not tell, when it finds no
   * battery, and when no battery could have what it tells.
   */
  batteryMillivolts?(): Promise<number | undefined>;
  readPartitionTable(): Promise<PartitionTable>;
  /**
   * The extent's bytes in order, in pieces of the agent's choice. Ending the iteration early stops the transfer cleanly.
   * @throws UnbrickError `EXTENT_INVALID` before anything is sent when the extent does not lie in its region
   */
  read(extent: Extent, options?: TransferOptions): AsyncIterable<Uint8Array>;
  /**
   * Writes raw bytes (never interpreted as sparse) to the extent. `data` must yield exactly `extent.length` bytes.
   * `extent.start` is a multiple of the block size.
   */
  write(extent: Extent, data: AsyncIterable<Uint8Array>, options?: TransferOptions): Promise<WriteResult>;
  /**
   * Writes one copy of a GPT, `PGPT` at the start or `SGPT` at the end. Only agents have it that write to a storage without
   * a table in no other way; with the others {@link write} does it.
   */
  writeTableCopy?(name: 'PGPT' | 'SGPT', extent: Extent, bytes: Uint8Array): Promise<void>;
  /**
   * Has the agent write the partition list of a NAND, both copies. Only agents for NAND have it: elsewhere {@link write} does it.
   * @param update the phone has a list already
   */
  writePartitionList?(entries: readonly PmtEntry[], update: boolean): Promise<void>;
  /** Has the agent look for bad blocks of a NAND and make its map of them; true when it had none and made one. */
  mapBadBlocks?(): Promise<boolean>;
  /** Hands the plain preloader file (GFH form) to the agent, which adds the device header and writes the boot areas. */
  writePreloader(file: Uint8Array, options?: TransferOptions): Promise<PreloaderWriteResult>;
  /** Erases the extent; `onBytes` counts towards its length. */
  erase(extent: Extent, options?: TransferOptions): Promise<void>;
  /** Ends the session. The link is of no use afterwards. */
  reboot(target: RebootTarget): Promise<void>;
}
