import { createConnection, type Socket } from 'node:net';
import { abortable, type Port, type PortSource, UnbrickError } from '@unbrick/core';
import { pause } from './pause.js';

/** Milliseconds between two attempts: a phone that comes back is met well within its window. */
const RETRY_MS = 50;
/** One attempt: an address that swallows connection requests must not use up the wait. */
const ATTEMPT_MS = 2000;
/** Received bytes held before the sender is made to wait. */
const HELD_LIMIT = 1 << 20;

/** A phone at the other end of a TCP connection: its bytes and nothing else. */
export class TcpPort implements Port {
  readonly name: string;
  readonly #socket: Socket;
  #chunks: Uint8Array[] = [];
  #held = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket, name: string) {
    this.name = name;
    this.#socket = socket;
    // Commands are a few bytes each, and the next one waits for the answer.
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk);
      this.#held += chunk.length;
      if (this.#held > HELD_LIMIT) socket.pause();
      this.#wake?.();
    });
    const end = () => {
      this.#ended = true;
      this.#wake?.();
    };
    socket.on('end', end);
    socket.on('close', end);
    // A broken connection is a phone that went away, which `close` tells.
    socket.on('error', () => {});
  }

  async receive(signal?: AbortSignal): Promise<Uint8Array | null> {
    for (;;) {
      signal?.throwIfAborted();
      const chunk = this.#chunks.shift();
      if (chunk) {
        this.#held -= chunk.length;
        if (this.#held <= HELD_LIMIT / 2 && this.#socket.isPaused()) this.#socket.resume();
        return chunk;
      }
      if (this.#ended) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal?.addEventListener('abort', this.#abort, { once: true });
      });
      this.#wake = undefined;
      signal?.removeEventListener('abort', this.#abort);
    }
  }

  /** Resolves when the operating system has the bytes, so that the caller may reuse them. */
  async send(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const written = new Promise<void>((resolve, reject) => {
      this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
    await abortable(written, signal);
  }

  async close(): Promise<void> {
    if (this.#socket.destroyed) return;
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.destroy();
    await closed;
  }

  readonly #abort = () => this.#wake?.();
}

/**
 * A TCP address where a phone may show up again and again. Connecting is repeated until it succeeds.
 * `open` throws UnbrickError `PORT_NOT_FOUND` when the host name does not exist.
 */
export function tcpSource(host: string, port: number): PortSource {
  const name = `tcp:${host.includes(':') ? `[${host}]` : host}:${port}`;
  let lastAttempt = Number.NEGATIVE_INFINITY;
  return {
    name,
    async open(signal) {
      for (;;) {
        // Also after a connection that was taken and dropped at once: a server without a phone may do that.
        await pause(lastAttempt + RETRY_MS - performance.now(), signal);
        lastAttempt = performance.now();
        const socket = await connect(host, port, signal);
        if (socket) return new TcpPort(socket, name);
      }
    },
  };
}

/** One attempt; nothing when nobody is there. */
async function connect(host: string, port: number, signal: AbortSignal): Promise<Socket | undefined> {
  const socket = createConnection({ host, port });
  let timer: NodeJS.Timeout | undefined;
  try {
    const connected = new Promise<boolean>((resolve, reject) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOTFOUND') reject(unknownHost(host, error));
        else resolve(false);
      });
      timer = setTimeout(resolve, ATTEMPT_MS, false);
    });
    if (await abortable(connected, signal)) {
      socket.removeAllListeners();
      return socket;
    }
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  socket.on('error', () => {}).destroy();
  return undefined;
}

function unknownHost(host: string, cause: Error): UnbrickError {
  return new UnbrickError({
    code: 'PORT_NOT_FOUND',
    stage: 'connect',
    message: `There is no computer called '${host}'.`,
    evidence: [cause.message],
    next: ['Check the name in --port tcp:HOST:PORT; 127.0.0.1 is this computer.'],
    cause,
  });
}
