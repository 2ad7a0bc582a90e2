import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Port } from '@unbrick/core';
import { afterEach, describe, expect, it } from 'vitest';
import type { AgentFirmware } from '../agent/session.js';
import { LeaveBus } from '../device/wire.js';
import type { VirtualPhone } from '../phone.js';
import { ScriptedHost } from '../testing/scripted-host.fixture.js';
import { testPhone } from '../testing/test-phone.fixture.js';
import { type PhoneServer, servePhone } from './serve.js';

const opened: (VirtualPhone | PhoneServer | { close(): Promise<void> })[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close();
});

async function serve(...args: Parameters<typeof testPhone>) {
  const made = testPhone(...args);
  const server = await servePhone(made.phone);
  opened.push(made.phone, server);
  return { ...made, server };
}

/** The plainest port on a socket. */
async function dial(server: PhoneServer): Promise<ScriptedHost & { socket: Socket }> {
  const socket = connect(server.port, server.address);
  socket.on('error', () => {});
  await once(socket, 'connect');
  const chunks: (Uint8Array | null)[] = [];
  let wake: (() => void) | undefined;
  const arrived = (chunk: Uint8Array | null) => {
    chunks.push(chunk);
    wake?.();
  };
  socket.on('data', arrived);
  socket.on('close', () => arrived(null));
  const port: Port = {
    name: 'test',
    receive: (signal) =>
      new Promise((resolve, reject) => {
        const onAbort = () => reject(signal?.reason);
        const look = () => {
          if (chunks.length === 0) return;
          signal?.removeEventListener('abort', onAbort);
          resolve(chunks[0] === null ? null : (chunks.shift() as Uint8Array));
        };
        wake = look;
        signal?.addEventListener('abort', onAbort, { once: true });
        look();
      }),
    send: async (bytes) => {
      if (!socket.write(bytes)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    },
    close: async () => {
      socket.destroy();
    },
  };
  const host = Object.assign(new ScriptedHost(port), { socket });
  opened.push({ close: () => port.close() });
  return host;
}

/** As hosts do it: the first byte again and again, because a phone that is away hears nothing. */
async function patientHandshake(host: ScriptedHost): Promise<void> {
  let answer = '';
  for (let i = 0; i < 100 && answer === ''; i++) {
    await host.send('a0');
    answer = await host.silence(20);
  }
  expect(answer.slice(0, 2)).toBe('5f');
  await host.exchange('0a', 'f5');
  await host.exchange('50', 'af');
  await host.exchange('05', 'fa');
}

async function startAgent(host: ScriptedHost): Promise<void> {
  await host.handshake();
  for (const value of ['d7', '00200000', '00000002', '00000000']) await host.exchange(value, value);
  await host.receive(2);
  await host.exchange('0102', '0201 0000');
  await host.exchange('d5', 'd5');
  await host.exchange('00200000', '00200000 0000');
}

describe('a phone on TCP', () => {
  it('talks like the phone itself', async () => {
    const { server } = await serve('mt6735-emmc');
    const host = await dial(server);
    await host.preloaderHandshake();
    await host.exchange('fd', 'fd 0321 0000');
  });

  it('ends the connection when the phone leaves, last words first, and the next one meets its next life', async () => {
    const agent: AgentFirmware = async ({ wire }) => {
      await wire.write(Uint8Array.of(0xc0));
      await wire.read(1);
      await wire.write(new Uint8Array(3_000_000).fill(7));
      throw new LeaveBus('boot');
    };
    const { server } = await serve('mt6580-emmc', { mode: 'brom', agent });
    const host = await dial(server);
    await startAgent(host);
    await host.exchange('', 'c0');
    // Bytes the phone will never read must not turn its last words into a connection reset.
    await host.send(`01${'00'.repeat(5000)}`);
    let last = 0;
    for (let part = await host.port.receive(); part; part = await host.port.receive()) last += part.length;
    expect(last).toBe(3_000_000);
    await patientHandshake(await dial(server));
  });

  it('feels the host hanging up', async () => {
    const { server, log } = await serve('mt6580-emmc', { mode: 'brom' });
    const host = await dial(server);
    await startAgent(host);
    host.socket.destroy();
    await patientHandshake(await dial(server));
    expect(log.find(({ what }) => what === 'LEAVE')?.detail?.next).toBe('unplugged');
  });

  it('loses what is sent while the phone is away', async () => {
    const { server, plugIn } = await serve('mt6580-emmc', { mode: 'brom', replugMs: 300 });
    const first = await plugIn();
    await first.port.close();
    const host = await dial(server);
    await host.send('a00a5005');
    expect(await host.silence(100)).toBe('');
    await patientHandshake(host);
  });

  it('has one host at a time', async () => {
    const { server } = await serve('mt6580-emmc', { mode: 'brom' });
    const host = await dial(server);
    await host.handshake();
    const second = await dial(server);
    expect(await second.untilGone()).toBe('');
    await host.exchange('fd', 'fd 6580 0000');
  });

  it('holds the host back when the phone does not read', async () => {
    const agent: AgentFirmware = async ({ wire }) => {
      await wire.write(Uint8Array.of(0xc0));
      return new Promise<never>(() => {});
    };
    const { server } = await serve('mt6580-emmc', { mode: 'brom', agent });
    const host = await dial(server);
    await startAgent(host);
    await host.exchange('', 'c0');
    const block = new Uint8Array(1024 * 1024);
    let accepted = 0;
    let blocked = false;
    while (!blocked && accepted < 200) {
      const sent = host.port.send(block).then(() => 'sent');
      blocked =
        (await Promise.race([sent, new Promise((resolve) => setTimeout(resolve, 300, 'blocked'))])) === 'blocked';
      accepted++;
    }
    expect(blocked).toBe(true);
  });

  it('says when the address is taken', async () => {
    const { server, phone } = await serve('mt6580-emmc');
    await expect(servePhone(phone, { port: server.port })).rejects.toThrow(/EADDRINUSE/);
  });
});
