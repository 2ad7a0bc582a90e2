import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Link, type Port } from '@unbrick/core';
import { afterEach, describe, expect, it } from 'vitest';
import { tcpSource } from './tcp-port.js';

const forever = new AbortController().signal;
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function listen(onConnection: (socket: Socket) => void, port = 0): Promise<{ server: Server; port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** A connection and its far end. */
async function connected(): Promise<{ port: Port; far: Socket }> {
  let far: (socket: Socket) => void = () => {};
  const accepted = new Promise<Socket>((resolve) => {
    far = resolve;
  });
  const { port: number } = await listen(far);
  const port = await tcpSource('127.0.0.1', number).open(forever);
  cleanUp.push(() => port.close());
  return { port, far: await accepted };
}

describe('tcpSource', () => {
  it('carries bytes both ways', async () => {
    const { port, far } = await connected();
    expect(port.name).toMatch(/^tcp:127\.0\.0\.1:\d+$/);
    far.once('data', (bytes) => far.write(bytes.map((byte) => ~byte & 0xff)));
    const link = new Link(port);
    await link.write(Uint8Array.of(0xa0));
    expect(await link.readByte({ timeoutMs: 5000, what: 'the answer' })).toBe(0x5f);
  });

  it('keeps connecting until somebody is there', async () => {
    const { server, port: number } = await listen(() => {});
    server.close();
    await once(server, 'close');
    const opening = tcpSource('127.0.0.1', number).open(forever);
    setTimeout(() => void listen(() => {}, number), 120);
    const port = await opening;
    await port.close();
  });

  it('stops connecting with the reason of the signal', async () => {
    const stop = new AbortController();
    const { server, port: number } = await listen(() => {});
    server.close();
    await once(server, 'close');
    const opening = tcpSource('127.0.0.1', number).open(stop.signal);
    const reason = new Error('enough');
    setTimeout(() => stop.abort(reason), 30);
    await expect(opening).rejects.toBe(reason);
  });

  it('does not hammer a server that drops every connection', async () => {
    let connections = 0;
    const { port: number } = await listen((socket) => {
      connections++;
      socket.destroy();
    });
    const source = tcpSource('127.0.0.1', number);
    const started = performance.now();
    for (let i = 0; i < 4; i++) {
      const port = await source.open(forever);
      expect(await port.receive()).toBeNull();
      await port.close();
    }
    expect(connections).toBe(4);
    expect(performance.now() - started).toBeGreaterThan(140);
  });

  it('says that a host name does not exist', async () => {
    await expect(tcpSource('no-such-host.invalid', 1).open(forever)).rejects.toMatchObject({ code: 'PORT_NOT_FOUND' });
  });
});

describe('TcpPort', () => {
  it('hands out all bytes before it tells that the phone is gone', async () => {
    const { port, far } = await connected();
    far.end(new Uint8Array(300_000));
    let total = 0;
    for (let chunk = await port.receive(); chunk; chunk = await port.receive()) total += chunk.length;
    expect(total).toBe(300_000);
    expect(await port.receive()).toBeNull();
  });

  it('makes a fast sender wait, so that memory stays small', async () => {
    const { port, far } = await connected();
    let sent = 0;
    const block = new Uint8Array(1 << 20);
    const more = () => {
      while (sent < 64 && far.write(block)) sent++;
    };
    far.on('drain', more);
    more();
    await new Promise((resolve) => setTimeout(resolve, 150));
    const held = sent;
    expect(held).toBeLessThan(64);
    let total = 0;
    while (total < held << 20) total += (await port.receive())?.length ?? Number.POSITIVE_INFINITY;
    expect(total).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it('lets the caller reuse its buffer once it has been sent', async () => {
    const { port, far } = await connected();
    let received = 0;
    let wrong = 0;
    far.on('data', (bytes) => {
      for (const byte of bytes) if (byte !== ((received++ / 100_000) | 0) + 1) wrong++;
    });
    const buffer = new Uint8Array(100_000);
    for (let i = 1; i <= 40; i++) await port.send(buffer.fill(i));
    await port.close();
    await once(far, 'close');
    expect({ received, wrong }).toEqual({ received: 4_000_000, wrong: 0 });
  });

  it('fails to send when the far end is gone', async () => {
    const { port, far } = await connected();
    far.resetAndDestroy();
    expect(await port.receive()).toBeNull();
    await expect(new Link(port).write(new Uint8Array(10))).rejects.toMatchObject({ code: 'PHONE_GONE' });
  });

  it('ends a receive when aborted, without losing bytes', async () => {
    const { port, far } = await connected();
    const stop = new AbortController();
    const receiving = port.receive(stop.signal);
    stop.abort(new Error('stop'));
    await expect(receiving).rejects.toThrow('stop');
    far.write(Uint8Array.of(1, 2));
    expect([...((await port.receive()) ?? [])]).toEqual([1, 2]);
  });

  it('can be closed twice, and ends a receive', async () => {
    const { port } = await connected();
    const receiving = port.receive();
    await port.close();
    await port.close();
    expect(await receiving).toBeNull();
  });
});
