import { describe, expect, it } from 'vitest';
import { UnbrickError } from '../errors/unbrick-error.js';
import { hexBytes } from '../wire/index.js';
import { Link, LinkClosedError, LinkTimeoutError } from './link.js';
import { memoryPortPair } from './memory-port.js';
import type { Port, ReadNeed } from './port.js';

const quick = { timeoutMs: 20, what: 'the reply' };
const patient = { timeoutMs: 5000, what: 'the reply' };

function pair(options?: ConstructorParameters<typeof Link>[1]) {
  const [port, device] = memoryPortPair('test');
  return { link: new Link(port, options), device };
}

describe('Link', () => {
  it('reads exactly what is asked for, however the transport cuts it', async () => {
    const { link, device } = pair();
    for (const piece of [[1], [2, 3, 4], [5, 6]]) await device.send(Uint8Array.from(piece));
    expect(hexBytes(await link.read(2, patient))).toBe('0102');
    expect(await link.readByte(patient)).toBe(3);
    expect(hexBytes(await link.read(3, patient))).toBe('040506');
    expect(link.buffered).toBe(0);
  });

  it('gives a chunk of the wanted size without copying it', async () => {
    const chunk = Uint8Array.from([1, 2, 3]);
    const port: Port = { name: 'one', receive: async () => chunk, send: async () => {}, close: async () => {} };
    expect(await new Link(port).read(3, patient)).toBe(chunk);
  });

  it('gives bytes whose slice is a copy, even when the transport deals in buffers of Node', async () => {
    class ViewSlicer extends Uint8Array {
      override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
        return this.subarray(start, end) as Uint8Array<ArrayBuffer>;
      }
    }
    const chunk = ViewSlicer.from([1, 2, 3]);
    const port: Port = { name: 'one', receive: async () => chunk, send: async () => {}, close: async () => {} };
    const bytes = await new Link(port).read(3, patient);
    bytes.slice()[0] = 9;
    expect(hexBytes(bytes)).toBe('010203');
  });

  it('names what is missing after the deadline and keeps what came', async () => {
    const { link, device } = pair();
    link.stage = 'bootrom';
    await device.send(Uint8Array.of(0xaa));
    const failure = await link.read(2, { timeoutMs: 20, what: 'the status word' }).catch((error) => error);
    expect(failure).toBeInstanceOf(LinkTimeoutError);
    expect(failure).toMatchObject({
      code: 'PHONE_SILENT',
      stage: 'bootrom',
      evidence: ['1 of 2 bytes had arrived: aa'],
    });
    expect(failure.message).toContain('the status word');
    await device.send(Uint8Array.of(0xbb));
    expect(hexBytes(await link.read(2, patient))).toBe('aabb');
  });

  it('keeps bytes that arrive after a read has given up', async () => {
    const { link, device } = pair();
    expect((await link.readAvailable(5)).length).toBe(0);
    await device.send(Uint8Array.of(1));
    await device.send(Uint8Array.of(2));
    expect(hexBytes(await link.read(2, patient))).toBe('0102');
  });

  it('hands out the last bytes before it reports that the phone is gone', async () => {
    const { link, device } = pair();
    await device.send(Uint8Array.of(7));
    await device.close();
    expect(await link.readByte(patient)).toBe(7);
    await expect(link.readByte(patient)).rejects.toBeInstanceOf(LinkClosedError);
    await expect(link.readByte(quick)).rejects.toMatchObject({ code: 'PHONE_GONE' });
    await expect(link.write(Uint8Array.of(1))).rejects.toBeInstanceOf(LinkClosedError);
  });

  it('turns a transport failure into PHONE_GONE with its cause, also when nobody was reading', async () => {
    let fail: (reason: Error) => void = () => {};
    const port: Port = {
      name: 'breaking',
      receive: () => new Promise((_, reject) => (fail = reject)),
      send: async () => {},
      close: async () => {},
    };
    const link = new Link(port);
    await expect(link.readByte(quick)).rejects.toBeInstanceOf(LinkTimeoutError);
    const cause = new Error('EIO');
    fail(cause);
    await new Promise((resolve) => setTimeout(resolve, 0));
    await expect(link.readByte(quick)).rejects.toMatchObject({ code: 'PHONE_GONE', cause });
  });

  it('ends a wait at once when it is closed', async () => {
    const { link } = pair();
    const reading = link.readByte({ timeoutMs: 60_000, what: 'anything' });
    await link.close();
    await expect(reading).rejects.toBeInstanceOf(LinkClosedError);
  });

  it('ends every wait with the reason of its signal', async () => {
    const stop = new AbortController();
    const { link } = pair({ signal: stop.signal });
    const reading = link.readByte({ timeoutMs: 60_000, what: 'anything' });
    const reason = new UnbrickError({ code: 'INTERRUPTED', stage: 'internal', message: 'stopped' });
    stop.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await expect(link.write(Uint8Array.of(1))).rejects.toBe(reason);
  });

  it('traces every byte in both directions', async () => {
    const lines: string[] = [];
    const { link, device } = pair({ trace: (direction, bytes) => lines.push(`${direction} ${hexBytes(bytes)}`) });
    await link.write(Uint8Array.of(0xa0), Uint8Array.of(0x0a, 0x50));
    await device.send(Uint8Array.of(0x5f, 0xf5));
    await link.readByte(patient);
    await link.readByte(patient);
    expect(lines).toEqual(['to-phone a0', 'to-phone 0a50', 'from-phone 5ff5']);
  });

  it('follows a phone to the port it comes back on', async () => {
    const [first, device] = memoryPortPair('usb:1-1');
    const [second, deviceLater] = memoryPortPair('usb:1-1');
    const link = new Link(first);
    const opened: Port[] = [];
    const following = link.follow(async (previous) => {
      opened.push(previous);
      return second;
    }, 1000);
    await device.close();
    expect(await following).toBe(true);
    expect(opened).toEqual([first]);
    await deviceLater.send(Uint8Array.of(7));
    expect(await link.readByte(patient)).toBe(7);
    expect(link.port).toBe(second);
  });

  it('stays with a phone that does not leave', async () => {
    const { link, device } = pair();
    expect(await link.follow(() => Promise.reject(new Error('not asked')), 20)).toBe(false);
    await device.send(Uint8Array.of(7));
    expect(await link.readByte(patient)).toBe(7);
  });

  it('tells the port what it needs, and asks again when the port has waited in vain', async () => {
    const needs: (ReadNeed | undefined)[] = [];
    const answers = [new Uint8Array(0), Uint8Array.of(1), Uint8Array.of(2, 3)];
    const link = new Link({
      name: 'in short waits',
      receive: async (_signal, need) => {
        needs.push(need);
        return answers.shift() ?? null;
      },
      send: async () => {},
      close: async () => {},
    });
    expect([...(await link.read(3, patient))]).toEqual([1, 2, 3]);
    expect(needs.map((need) => need?.bytes)).toEqual([3, 3, 2]);
    expect(needs[0]?.patienceMs).toBeGreaterThan(0);
  });
});

describe('memoryPortPair', () => {
  it('makes a fast sender wait for a slow receiver', async () => {
    const [host, device] = memoryPortPair();
    let sent = false;
    const sending = host.send(new Uint8Array(3 << 20)).then(() => {
      sent = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(sent).toBe(false);
    expect((await device.receive())?.length).toBe(3 << 20);
    await sending;
  });

  it('lets the sender reuse its buffer', async () => {
    const [host, device] = memoryPortPair();
    const buffer = Uint8Array.of(1);
    await host.send(buffer);
    buffer[0] = 2;
    expect(await device.receive()).toEqual(Uint8Array.of(1));
  });
});
