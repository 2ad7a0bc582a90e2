import { concat } from '@unbrick/core/wire';
import type { Clock } from '../device/clock.js';

/** Where the bytes come from: one chunk a transfer of the firmware, null once the phone has left the bus. */
export interface ChunkSource {
  receive(): Promise<Uint8Array | null>;
}

interface Transfer {
  length: number;
  parts: Uint8Array[];
  filled: number;
  resolve(bytes: Uint8Array): void;
}

export interface InEndpointOptions {
  packetSize: number;
  clock: Clock;
  /** Firmware waits this long for the host to ask for a chunk and then gives it up, ms; for ever when absent. */
  flushMs?: number;
}

/**
 * The bulk IN endpoint: cuts what the firmware writes into packets and fills the host's transfers with them. A transfer ends
 * with a short packet or when it is full. Firmware never sends empty packets, so a chunk that ends at a packet border does
 * not end a longer transfer.
 */
export class InEndpoint {
  readonly #source: ChunkSource;
  readonly #options: InEndpointOptions;
  #flushMs: number | undefined;
  #transfers: Transfer[] = [];
  /** What is left of the firmware's current chunk. */
  #chunk: Uint8Array | undefined;
  #receiving = false;
  #cancelFlush: () => void = () => {};
  /** Resolves when the phone has left the bus and the host has everything. */
  readonly drained: Promise<void>;
  #onDrained: () => void = () => {};

  constructor(source: ChunkSource, options: InEndpointOptions) {
    this.#source = source;
    this.#options = options;
    this.#flushMs = options.flushMs;
    this.drained = new Promise((resolve) => {
      this.#onDrained = resolve;
    });
    this.#receive();
  }

  /** The host has a transfer pending. */
  get waiting(): boolean {
    return this.#transfers.length > 0;
  }

  /** One transfer of the host; see UsbDevice. Transfers are filled in order. */
  read(length: number, signal: AbortSignal): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const transfer: Transfer = {
        length,
        parts: [],
        filled: 0,
        resolve: (bytes) => {
          signal.removeEventListener('abort', cancel);
          resolve(bytes);
        },
      };
      const cancel = () => {
        this.#transfers = this.#transfers.filter((each) => each !== transfer);
        reject(signal.reason);
        // What was in the cancelled transfer is for the next one.
        this.giveBack(concat(...transfer.parts));
      };
      signal.addEventListener('abort', cancel, { once: true });
      this.#transfers.push(transfer);
      this.#pump();
    });
  }

  /** From now on nothing is given up. */
  keepAll(): void {
    this.#cancelFlush();
    this.#flushMs = undefined;
  }

  /** Puts data of a transfer that the host has not got back to the front. */
  giveBack(data: Uint8Array): void {
    if (data.length > 0) this.#chunk = concat(data, this.#chunk ?? new Uint8Array(0));
    this.#pump();
  }

  #pump(): void {
    for (;;) {
      const [transfer] = this.#transfers;
      if (!transfer || !this.#chunk) break;
      this.#cancelFlush();
      const part = this.#chunk.subarray(0, transfer.length - transfer.filled);
      const rest = this.#chunk.subarray(part.length);
      transfer.parts.push(part);
      transfer.filled += part.length;
      this.#chunk = rest.length > 0 ? rest : undefined;
      const short = rest.length === 0 && part.length % this.#options.packetSize !== 0;
      if (short || transfer.filled === transfer.length) {
        this.#transfers.shift();
        transfer.resolve(transfer.parts.length === 1 ? part : concat(...transfer.parts));
      }
    }
    this.#receive();
  }

  #receive(): void {
    if (this.#receiving || this.#chunk) return;
    this.#receiving = true;
    this.#source.receive().then(
      (chunk) => {
        // After the end its transfers are ended by whoever takes the device off the bus.
        if (chunk === null) return this.#onDrained();
        this.#receiving = false;
        this.#chunk = this.#chunk ? concat(this.#chunk, chunk) : chunk;
        if (this.#flushMs !== undefined) {
          this.#cancelFlush = this.#options.clock.after(this.#flushMs, () => {
            this.#chunk = undefined;
            this.#receive();
          });
        }
        this.#pump();
      },
      () => {},
    );
  }
}
