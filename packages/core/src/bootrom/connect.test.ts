import { describe, expect, it } from 'vitest';
import { UnbrickError } from '../errors/unbrick-error.js';
import { memoryPortPair } from '../link/memory-port.js';
import type { Port, PortSource } from '../link/port.js';
import { ascii } from '../wire/index.js';
import { connectPhone } from './connect.js';
import { scriptedPort } from './testing/scripted-device.js';
import { MT6735_PRELOADER } from './testing/transcripts.js';

const SHAKE = '>+ A0\n< 5F\n> 0A\n< F5\n> 50\n< AF\n> 05\n< FA\n';
const identity = { vendorId: 0x0e8d, productId: 0x2000 };

/** Shows these ports one after the other, then nothing. */
function sourceOf(...appearances: (() => Port)[]): PortSource & { opened: number } {
  return {
    name: 'usb',
    opened: 0,
    async open(signal) {
      const appear = appearances[this.opened];
      if (appear) {
        this.opened++;
        return appear();
      }
      return new Promise((_, reject) => {
        const stop = () => reject(signal.reason);
        if (signal.aborted) stop();
        else signal.addEventListener('abort', stop);
      });
    },
  };
}

/** Says READY and is gone again, having answered nothing. */
function passingPreloader(): Port {
  const [port, device] = memoryPortPair('ttyACM0', identity);
  void device.send(ascii('READYREADY')).then(() => device.close());
  return port;
}

describe('connectPhone', () => {
  it('gives link, command loop and identity of the phone', async () => {
    const trace: string[] = [];
    const phone = scriptedPort(`${SHAKE}${MT6735_PRELOADER}`, { identity });
    const connected = await connectPhone(
      sourceOf(() => phone.port),
      { timeoutMs: 5000, trace: (direction) => trace.push(direction) },
    );
    expect(connected.identity).toMatchObject({ stage: 'preloader', hwCode: 0x321 });
    expect(connected.link.port).toBe(phone.port);
    expect(trace.slice(0, 2)).toEqual(['to-phone', 'from-phone']);
    await phone.done;
  });

  it('waits for the next appearance when a preloader has gone before it was caught', async () => {
    const notes: string[] = [];
    const half = () => scriptedPort('>+ A0\n< 5F\n> 0A\n> (hang up)', { identity }).port;
    const phone = scriptedPort(`${SHAKE}${MT6735_PRELOADER}`);
    const source = sourceOf(passingPreloader, half, () => phone.port);
    const connected = await connectPhone(source, { timeoutMs: 5000, onNote: (note) => notes.push(note) });
    expect(connected.identity.hwCode).toBe(0x321);
    expect(source.opened).toBe(3);
    expect(notes[0]).toContain('0e8d:2000 MediaTek preloader');
  });

  it('waits on when the phone goes away while it is being identified', async () => {
    const source = sourceOf(
      () => scriptedPort(`${SHAKE}> FD\n< FD 03\n> (hang up)`).port,
      () => scriptedPort(`${SHAKE}${MT6735_PRELOADER}`).port,
    );
    expect((await connectPhone(source, { timeoutMs: 5000 })).identity.hwCode).toBe(0x321);
  });

  it('lets a silent device go and opens it again', async () => {
    const closed: string[] = [];
    const silent = (): Port => ({ ...memoryPortPair('mute')[0], close: async () => void closed.push('mute') });
    const source = sourceOf(silent, () => scriptedPort(`${SHAKE}${MT6735_PRELOADER}`).port);
    await connectPhone(source, { timeoutMs: 5000, handshakeMs: 30 });
    expect(closed).toEqual(['mute']);
  });

  it('says that nothing was seen', async () => {
    const error = await connectPhone(sourceOf(), { timeoutMs: 30 }).catch((failure) => failure);
    expect(error).toBeInstanceOf(UnbrickError);
    expect(error).toMatchObject({ code: 'NO_PHONE', stage: 'connect', message: 'No phone showed up within 0 s.' });
    expect(error.evidence[0]).toContain('usb');
  });

  it('says what was seen: how often, for how long, what it said', async () => {
    const many = Array.from({ length: 7 }, () => passingPreloader);
    const error = await connectPhone(sourceOf(...many), { timeoutMs: 500 }).catch((failure) => failure);
    expect(error.code).toBe('NO_PHONE');
    expect(error.message).toContain('7 times');
    expect(error.evidence[0]).toBe('seen 7 times; the last 5 of them:');
    expect(error.evidence[1]).toMatch(
      /ttyACM0 \(0e8d:2000 MediaTek preloader\) was there for 0\.\d s: The phone disconnected/,
    );
  });

  it('reports a device that stays silent until the end with what to try', async () => {
    const source = sourceOf(() => memoryPortPair('mute')[0]);
    const error = await connectPhone(source, { timeoutMs: 60 }).catch((failure) => failure);
    expect(error.code).toBe('NO_PHONE');
    expect(error.evidence).toContain('not one byte came');
    expect(error.next.length).toBeGreaterThan(2);
  });

  it('passes on why a port cannot be opened', async () => {
    const failure = new UnbrickError({ code: 'PORT_UNSUPPORTED', stage: 'connect', message: 'no' });
    const source: PortSource = { name: 'x', open: () => Promise.reject(failure) };
    await expect(connectPhone(source, { timeoutMs: 60_000 })).rejects.toBe(failure);
  });

  it('waits for a port that cannot be had, says so once, and tells that at the end', async () => {
    const refusal = new UnbrickError({ code: 'PORT_PERMISSION', stage: 'connect', message: 'You may not.' });
    const notes: string[] = [];
    const source: PortSource = { name: 'x', open: () => Promise.reject(refusal) };
    await expect(connectPhone(source, { timeoutMs: 600, onNote: (note) => notes.push(note) })).rejects.toBe(refusal);
    expect(notes).toEqual(['You may not. Waiting until it can be had.']);
  });

  it('goes on when a port that was held is free', async () => {
    const refusal = new UnbrickError({ code: 'PORT_BUSY', stage: 'connect', message: 'Held.' });
    const phone = scriptedPort(`${SHAKE}${MT6735_PRELOADER}`);
    let held = 2;
    const source: PortSource = {
      name: 'x',
      open: () => (held-- > 0 ? Promise.reject(refusal) : Promise.resolve(phone.port)),
    };
    expect((await connectPhone(source, { timeoutMs: 60_000 })).identity.hwCode).toBe(0x321);
  });

  it.each([
    ['waiting', () => sourceOf()],
    ['shaking hands', () => sourceOf(() => memoryPortPair('mute')[0])],
  ])('stops with the reason of its signal while %s', async (_name, source) => {
    const stop = new AbortController();
    const connecting = connectPhone(source(), { timeoutMs: 60_000, signal: stop.signal });
    const reason = new Error('Ctrl-C');
    setTimeout(() => stop.abort(reason), 20);
    await expect(connecting).rejects.toBe(reason);
  });
});
