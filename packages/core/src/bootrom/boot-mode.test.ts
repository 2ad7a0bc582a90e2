import { describe, expect, it } from 'vitest';
import { Link } from '../link/link.js';
import { memoryPortPair } from '../link/memory-port.js';
import type { Port, PortSource } from '../link/port.js';
import { ascii, hexBytes, latin1 } from '../wire/index.js';
import { type BootMode, bootInto } from './boot-mode.js';

type Behave = (line: Link, device: Port) => Promise<void>;

/** A source whose appearances behave one after the other as told; the last one repeats. */
function appearances(...behaviours: Behave[]): PortSource & { opened: number } {
  const source = {
    name: 'memory',
    opened: 0,
    open: async (signal: AbortSignal) => {
      signal.throwIfAborted();
      const behave = behaviours[Math.min(source.opened, behaviours.length - 1)] as Behave;
      source.opened++;
      const [host, device] = memoryPortPair('preloader');
      const line = new Link(device);
      behave(line, device).catch(() => {});
      return host;
    },
  };
  return source;
}

const wait = { timeoutMs: 5_000, what: 'the host' };
const token = async (line: Link) => latin1(await line.read(8, wait));

const TABLE: [BootMode, string, string][] = [
  ['meta', 'METAMETA', 'ATEMATEM'],
  ['meta', 'METAMETA', 'ATEMATEX'],
  ['factory', 'FACTFACT', 'TCAFTCAF'],
  ['advanced-meta', 'ADVEMETA', 'ATEMEVDX'],
  ['advanced-meta', 'ADVEMETA', 'ATEMEVDA'],
  ['ate-factory', 'FACTORYM', 'MYROTCAF'],
  ['fastboot', 'FASTBOOT', 'TOOBTSAF'],
  ['normal', 'AT+NBOOT', 'AT+OK'],
];

describe('bootInto', () => {
  it.each(TABLE)('%s: sends %s once and is content with %s', async (mode, sent, answer) => {
    const seen: string[] = [];
    const source = appearances(async (line) => {
      await line.write(ascii('READYREADY'));
      seen.push(await token(line));
      await line.write(ascii('READY'), ascii(answer.slice(0, 3)));
      await line.write(ascii(answer.slice(3)));
    });
    await bootInto(source, mode, { timeoutMs: 5_000 });
    expect(seen).toEqual([sent]);
  });

  it.each([
    ['ATEM0001', '040000000100000001 0000c0'],
    ['ATEM0002', '06000000010000000300000001000000'],
  ])('answers %s of a phone with several modems and lets it go on', async (question, answer) => {
    const wanted = answer.replace(' ', '');
    let finished: string[] = [];
    const source = appearances(async (line) => {
      await token(line);
      await line.write(ascii(question));
      const parameters = hexBytes(await line.read(wanted.length / 2, wait));
      await line.write(ascii('ATEMATEM'));
      finished = [parameters, latin1(await line.read(10, wait))];
    });
    await bootInto(source, 'meta', { timeoutMs: 5_000 });
    await expect.poll(() => finished).toEqual([wanted, 'DISCONNECT']);
  });

  it('follows a phone that was met too late, and asks again when a token got lost', async () => {
    const source = appearances(
      async (_, device) => device.close(),
      async (line) => {
        await token(line);
        await line.write(ascii('READY'));
        await token(line);
        await line.write(ascii('TOOBTSAF'));
      },
    );
    await bootInto(source, 'fastboot', { timeoutMs: 5_000 });
    expect(source.opened).toBe(2);
  });

  it('names a maker that has closed the mode', async () => {
    const source = appearances(async (line) => {
      await token(line);
      await line.write(ascii('METAFORB'));
    });
    await expect(bootInto(source, 'meta', { timeoutMs: 5_000 })).rejects.toMatchObject({
      code: 'BOOT_MODE_REFUSED',
      evidence: ['it answered METAFORB'],
    });
  });

  it('says that a phone was there but did not answer, or that there was none', async () => {
    const deaf = appearances(async () => {});
    await expect(bootInto(deaf, 'meta', { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'NO_PHONE',
      evidence: ['a phone was seen once but did not answer'],
    });
    const nobody: PortSource = {
      name: 'nobody',
      open: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        }),
    };
    await expect(bootInto(nobody, 'meta', { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'NO_PHONE',
      evidence: ['no phone was seen'],
    });
  });

  it('ends at once when it is told to', async () => {
    const stop = new AbortController();
    const deaf = appearances(async () => stop.abort(new Error('enough')));
    await expect(bootInto(deaf, 'meta', { timeoutMs: 60_000, signal: stop.signal })).rejects.toThrow('enough');
  });
});
