import type { Port, PortIdentity } from './port.js';

/** Bytes one direction may hold before the sender has to wait. */
const PIPE_LIMIT = 1 << 20;

/** One direction of a pair of memory ports. */
class MemoryPipe {
  #chunks: Uint8Array[] = [];
  #held = 0;
  #ended = false;
  #readers: (() => void)[] = [];
  #writers: (() => void)[] = [];

  async push(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#ended) throw new Error('the other end has closed');
    // A copy, since the sender may reuse its buffer as soon as this resolves.
    if (bytes.length > 0) this.#chunks.push(bytes.slice());
    this.#held += bytes.length;
    wakeAll(this.#readers);
    while (this.#held > PIPE_LIMIT && !this.#ended) await parked(this.#writers, signal);
  }

  async pull(signal?: AbortSignal): Promise<Uint8Array | null> {
    for (;;) {
      signal?.throwIfAborted();
      const chunk = this.#chunks.shift();
      if (chunk) {
        this.#held -= chunk.length;
        wakeAll(this.#writers);
        return chunk;
      }
      if (this.#ended) return null;
      await parked(this.#readers, signal);
    }
  }

  end(): void {
    this.#ended = true;
    wakeAll(this.#readers);
    wakeAll(this.#writers);
  }
}

function wakeAll(waiting: (() => void)[]): void {
  for (const wake of waiting.splice(0)) wake();
}

async function parked(waiting: (() => void)[], signal?: AbortSignal): Promise<void> {
  let wake: () => void = () => {};
  try {
    await new Promise<void>((resolve) => {
      wake = resolve;
      waiting.push(resolve);
      signal?.addEventListener('abort', wake, { once: true });
    });
  } finally {
    signal?.removeEventListener('abort', wake);
  }
}

function memoryPort(name: string, incoming: MemoryPipe, outgoing: MemoryPipe, identity?: PortIdentity): Port {
  return {
    name,
    ...(identity ? { identity } : {}),
    receive: (signal) => incoming.pull(signal),
    send: (bytes, signal) => outgoing.push(bytes, signal),
    close: async () => {
      incoming.end();
      outgoing.end();
    },
  };
}

/**
 * Two ports that are each other's far end, in memory: what one sends the other receives, in the same pieces. Closing either
 * ends both; bytes on the way can still be received.
 */
export function memoryPortPair(name = 'memory', identity?: PortIdentity): [host: Port, device: Port] {
  const toDevice = new MemoryPipe();
  const toHost = new MemoryPipe();
  return [memoryPort(name, toHost, toDevice, identity), memoryPort(`${name} (device)`, toDevice, toHost)];
}
