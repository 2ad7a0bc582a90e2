import { afterEach, describe, expect, it } from 'vitest';
import type { AgentFirmware } from '../agent/session.js';
import type { VirtualPhone } from '../phone.js';
import { difference, pattern } from '../testing/bytes.fixture.js';
import type { ScriptedHost } from '../testing/scripted-host.fixture.js';
import { testPhone } from '../testing/test-phone.fixture.js';
import { BytePipe, PipeEndedError } from './byte-pipe.js';
import type { Clock } from './clock.js';
import { UnpluggedError } from './wire.js';

const phones: VirtualPhone[] = [];
afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.close()));
});

/** A host that is connected to a running agent. */
async function running(agent: AgentFirmware, options: Parameters<typeof testPhone>[1] = {}): Promise<ScriptedHost> {
  const { phone, plugIn } = testPhone('mt6580-emmc', { mode: 'brom', agent, ...options });
  phones.push(phone);
  const host = await plugIn();
  await host.handshake();
  for (const value of ['d7', '00200000', '00000002', '00000000']) await host.exchange(value, value);
  await host.receive(2);
  await host.exchange('0102', '0201 0000');
  await host.exchange('d5', 'd5');
  await host.exchange('00200000', '00200000 0000');
  return host;
}

/** Time that only passes when somebody waits. */
function simulatedClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    after: (ms, callback) => {
      const timer = setTimeout(() => {
        now += ms;
        callback();
      }, 0);
      return () => clearTimeout(timer);
    },
  };
}

describe('the cable', () => {
  it('keeps bytes in order however they are cut', async () => {
    const data = pattern(300_000);
    let seen: Uint8Array | undefined;
    const host = await running(async ({ wire }) => {
      const head = await wire.read(7);
      const middle = await wire.read(200_000);
      const rest = new Uint8Array(data.length - 200_007);
      for (let filled = 0; filled < rest.length; ) {
        const part = await wire.readSome(1000);
        expect(part.length).toBeLessThanOrEqual(1000);
        rest.set(part, filled);
        filled += part.length;
      }
      seen = Uint8Array.from([...head, ...middle, ...rest]);
      await wire.write(Uint8Array.of(1));
      return wire.read(1) as Promise<never>;
    });
    for (let offset = 0; offset < data.length; offset += 3333) {
      await host.port.send(data.subarray(offset, offset + 3333));
    }
    await host.exchange('', '01');
    expect(difference(seen as Uint8Array, data)).toBeUndefined();
  });

  it('lets the host use its buffer again as soon as it was sent', async () => {
    const host = await running(async ({ wire }) => {
      await wire.read(1);
      await wire.write(await wire.read(4));
      return wire.read(1) as Promise<never>;
    });
    const buffer = Uint8Array.of(1, 2, 3, 4);
    await host.port.send(buffer);
    buffer.fill(9);
    await host.port.send(Uint8Array.of(5));
    await host.exchange('', '02030405');
  });

  it('lets firmware use a small answer again', async () => {
    const answer = Uint8Array.of(0xc0);
    const host = await running(async ({ wire }) => {
      await wire.write(answer);
      answer.fill(9);
      return wire.read(1) as Promise<never>;
    });
    await host.exchange('', 'c0');
  });

  it('makes a writer wait when the other side does not read', async () => {
    const host = await running(async () => new Promise<never>(() => {}));
    const block = new Uint8Array(1024 * 1024);
    let sent = 0;
    const sending = (async () => {
      for (; sent < 100; sent++) await host.port.send(block);
    })();
    sending.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThanOrEqual(4);
  });

  it('shows firmware that the host is gone, after its last bytes', async () => {
    let outcome: unknown;
    const over = new Promise<void>((resolve) => {
      void running(async ({ wire }) => {
        await wire.read(1);
        await wire.write(Uint8Array.of(1));
        await wire.read(1);
        await wire.read(1).catch((error) => {
          outcome = error;
        });
        resolve();
        throw outcome;
      }).then(async (host) => {
        await host.send('0102');
        await host.port.close();
      });
    });
    await over;
    expect(outcome).toBeInstanceOf(UnpluggedError);
  });

  it('paces both directions', async () => {
    const clock = simulatedClock();
    const rate = 1_000_000;
    const size = 400_000;
    const host = await running(
      async ({ wire }) => {
        await wire.read(size);
        await wire.write(new Uint8Array(size));
        return wire.read(1) as Promise<never>;
      },
      { clock, linkRate: rate },
    );
    const start = clock.now();
    await host.port.send(new Uint8Array(size));
    const sent = clock.now() - start;
    expect(sent).toBeGreaterThan(340);
    expect(sent).toBeLessThan(460);
    for (let got = 0; got < size; ) got += (await host.port.receive())?.length ?? size;
    const received = clock.now() - start - sent;
    expect(received).toBeGreaterThan(340);
    expect(received).toBeLessThan(460);
  });
});

describe('one direction', () => {
  it('refuses bytes after its end and keeps those from before', async () => {
    const pipe = new BytePipe({ capacity: 10, clock: simulatedClock() });
    await pipe.push(Uint8Array.of(1, 2));
    pipe.end();
    await expect(pipe.push(Uint8Array.of(3))).rejects.toThrow(PipeEndedError);
    expect(pipe.take()).toEqual(Uint8Array.of(1, 2));
    expect(await pipe.readable(5)).toBe(true);
    expect(pipe.queued).toBe(0);
  });

  it('wakes a writer that waits when it is cut', async () => {
    const pipe = new BytePipe({ capacity: 2, clock: simulatedClock() });
    await pipe.push(Uint8Array.of(1, 2));
    const waiting = pipe.push(Uint8Array.of(3));
    pipe.cut();
    await expect(waiting).rejects.toThrow(PipeEndedError);
  });

  it('keeps the order of writers that have to wait', async () => {
    const pipe = new BytePipe({ capacity: 2, clock: simulatedClock() });
    const pushes = [1, 2, 3, 4, 5].map((n) => pipe.push(Uint8Array.of(n, n)));
    const seen: number[] = [];
    while (seen.length < 10) {
      await pipe.readable();
      seen.push(...pipe.take());
    }
    await Promise.all(pushes);
    expect(seen).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
  });

  it('gives up waiting for bytes when told to, and loses none', async () => {
    const pipe = new BytePipe({ capacity: 10, clock: simulatedClock() });
    const stop = new AbortController();
    const waiting = pipe.readable(undefined, stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(await pipe.readable(1)).toBe(false);
    await pipe.push(Uint8Array.of(7));
    expect(pipe.take()).toEqual(Uint8Array.of(7));
  });
});
