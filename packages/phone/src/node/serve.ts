import { createServer, type Server, type Socket } from 'node:net';
import type { PhonePort } from '../device/phone-port.js';
import type { VirtualPhone } from '../phone.js';

export interface ServeOptions {
  /** Address to listen on; this machine only unless stated. */
  host?: string;
  /** TCP port; 0 or nothing takes a free one. */
  port?: number;
}

export interface PhoneServer {
  address: string;
  port: number;
  /** Pulls the cable and stops listening; the phone itself stays. */
  close(): Promise<void>;
}

/** A host that does not hang up after the phone has left the bus is cut off after this time, ms. */
const LINGER_MS = 2000;
/** A host that hangs up and calls again at once may be seen calling first; an occupied phone refuses after this time, ms. */
const REFUSE_AFTER_MS = 500;
/** Large enough that the next block is ready when one has left. */
const SOCKET_BUFFER = 1024 * 1024;
/** Bytes of the host that may wait for the phone before reading stops. */
const READ_AHEAD = 1024 * 1024;

/**
 * Serves a phone on TCP: a connection is the cable of one host. The phone leaving the bus ends the connection, and the
 * next connection meets its next enumeration. While the phone is away a connection is held, and what the host sends is
 * lost, as it would be on a port that is not there; while another host has the phone it is closed after a moment.
 * @throws Error of node:net when the address cannot be listened on
 */
export async function servePhone(phone: VirtualPhone, options: ServeOptions = {}): Promise<PhoneServer> {
  const { host = '127.0.0.1', port = 0 } = options;
  const sockets = new Set<Socket>();
  let cable: Promise<void> = Promise.resolve();
  const server = createServer({ noDelay: true, highWaterMark: SOCKET_BUFFER }, (socket) => {
    // Errors of a socket always come with its close; there is nothing to do about them twice.
    socket.on('error', () => {});
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    const refuse = setTimeout(() => socket.destroy(), REFUSE_AFTER_MS);
    const mine = cable.then(() => {
      clearTimeout(refuse);
      if (!socket.destroyed) return connect(phone, socket);
    });
    cable = mine.catch(() => {
      socket.destroy();
    });
  });
  await listen(server, host, port);
  const bound = server.address() as { address: string; port: number };
  return {
    address: bound.address,
    port: bound.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** From an accepted connection until host or phone have let go. */
async function connect(phone: VirtualPhone, socket: Socket): Promise<void> {
  const hungUp = new AbortController();
  socket.on('close', () => hungUp.abort(new Error('the host has hung up')));
  const lose = () => {};
  socket.on('data', lose);
  const port = await phone.attach(hungUp.signal);
  socket.off('data', lose);
  socket.on('close', () => void port.close());
  socket.on('end', () => void port.close());
  fromHost(socket, port);
  await toHost(socket, port);
}

function fromHost(socket: Socket, port: PhonePort): void {
  let waiting = 0;
  socket.on('data', (bytes: Buffer) => {
    waiting += bytes.length;
    if (waiting > READ_AHEAD) socket.pause();
    const passed = () => {
      waiting -= bytes.length;
      if (waiting <= READ_AHEAD) socket.resume();
    };
    // A phone that has left the bus rejects: what the host still sends is lost.
    port.give(bytes).then(passed, passed);
  });
  socket.resume();
}

/** Resolves when the phone has left the bus and the host has got everything, or when the host is gone. */
async function toHost(socket: Socket, port: PhonePort): Promise<void> {
  for (;;) {
    const bytes = await port.receive();
    if (bytes === null) break;
    if (!socket.write(bytes)) await writable(socket);
  }
  socket.end();
  // Unread bytes of the host would turn the end into a reset, and that could overtake the phone's last words.
  socket.resume();
  const cut = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.on('close', () => clearTimeout(cut));
}

function writable(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      socket.off('drain', settle);
      socket.off('close', settle);
      resolve();
    };
    socket.on('drain', settle);
    socket.on('close', settle);
    if (socket.destroyed) settle();
  });
}
