import { describe, expect, it } from 'vitest';
import { Link } from '../link/link.js';
import { memoryPortPair } from '../link/memory-port.js';
import type { Port } from '../link/port.js';
import { ascii, hexBytes } from '../wire/index.js';
import { handshake } from './handshake.js';
import { scriptedPhone } from './testing/scripted-device.js';

/** Long enough that no byte is repeated while a busy computer catches its breath. */
const CALM = { timeoutMs: 4000, intervalMs: 1000 };
const REST = '> 0A\n< F5\n> 50\n< AF\n> 05\n< FA\n';
/** A first command that shows whether the stream is clean afterwards. */
const HW_CODE = '> FD\n< FD 65 80 00 00\n';

async function hwCode(link: Link): Promise<string> {
  await link.write(Uint8Array.of(0xfd));
  return hexBytes(await link.read(5, { timeoutMs: 2000, what: 'the chip code' }));
}

describe('handshake', () => {
  it.each(['as-written', 'single-bytes', 'merged'] as const)('follows the captured exchange (%s)', async (cut) => {
    const { link, done, extra } = scriptedPhone(`> A0\n< 5F\n${REST}${HW_CODE}`, { cut });
    expect(await handshake(link, CALM)).toEqual({ sawReady: false, resumed: false });
    expect(await hwCode(link)).toBe('fd65800000');
    await done;
    expect(await extra()).toBe('');
  });

  it('passes over READY texts and repeats the first byte that a preloader swallows', async () => {
    const ready = '52 45 41 44 59';
    const { link, done } = scriptedPhone(
      `< ${ready}\n> A0 ; swallowed\n< ${ready}\n< ${ready}\n> A0\n< ${ready}\n< 5F\n${REST}${HW_CODE}`,
      { cut: 'single-bytes' },
    );
    expect(await handshake(link, { timeoutMs: 4000, intervalMs: 250 })).toEqual({ sawReady: true, resumed: false });
    expect(await hwCode(link)).toBe('fd65800000');
    await done;
  });

  it('starts over after a wrong byte in the middle', async () => {
    const { link, done } = scriptedPhone(
      `> A0\n< 5F\n> 0A\n< 0B ; "echo + 1": not shaken\n> A0\n< 5F\n${REST}${HW_CODE}`,
    );
    await handshake(link, { timeoutMs: 4000, intervalMs: 250 });
    expect(await hwCode(link)).toBe('fd65800000');
    await done;
  });

  it('is not led astray by log text that holds an underscore', async () => {
    const text = hexBytes(ascii('F0: 102B_0000\r\n'));
    const { link, done } = scriptedPhone(`< ${text}\n> A0 0A\n< 0B\n> A0\n< 5F\n${REST}${HW_CODE}`);
    await handshake(link, { timeoutMs: 4000, intervalMs: 250 });
    expect(await hwCode(link)).toBe('fd65800000');
    await done;
  });

  it.each([
    ['answers a repeated first byte with byte + 1', false],
    ['swallows a repeated first byte', true],
  ])('leaves no stale byte on a slow line to a phone that %s', async (_name, swallows) => {
    const { link } = delayedPhone({ latencyMs: 60, swallows });
    await handshake(link, { timeoutMs: 8000, intervalMs: 10 });
    expect(link.buffered).toBe(0);
    expect(await hwCode(link)).toBe('fd65800000');
  });

  it('calls less often when calls undo each other', async () => {
    let lastCall = Number.NEGATIVE_INFINITY;
    const { link } = devicePlaying(async (device) => {
      for (let bytes = await device.receive(); bytes; bytes = await device.receive()) {
        const byte = bytes[0] as number;
        const tooEarly = byte === 0xa0 && performance.now() - lastCall < 150;
        if (byte !== 0xa0 || lastCall > 0) await device.send(Uint8Array.of(tooEarly ? 0xa1 : ~byte & 0xff));
        if (byte === 0xa0) lastCall = performance.now();
      }
    });
    await handshake(link, { timeoutMs: 2000, intervalMs: 10 });
    expect(link.buffered).toBe(0);
  });

  it('goes on with a preloader that is already in its command loop', async () => {
    const { link, done } = scriptedPhone(`> A0\n< A0\n> FE\n< 02\n${HW_CODE}`);
    expect(await handshake(link, CALM)).toEqual({ sawReady: false, resumed: true });
    expect(await hwCode(link)).toBe('fd65800000');
    await done;
  });

  it('goes on with a boot ROM that is already in its command loop', async () => {
    const { link, done } = scriptedPhone(`> A0\n< A0\n> FE\n< FE\n> FD\n< FD 65 80\n< 00 00\n${HW_CODE}`);
    expect((await handshake(link, CALM)).resumed).toBe(true);
    expect(await hwCode(link)).toBe('fd65800000');
    await done;
  });

  it('tells a port that repeats everything from a phone', async () => {
    const { link } = devicePlaying(async (device) => {
      for (let bytes = await device.receive(); bytes; bytes = await device.receive()) await device.send(bytes);
    });
    await expect(handshake(link, { timeoutMs: 500 })).rejects.toMatchObject({
      code: 'HANDSHAKE_ECHO',
      stage: 'connect',
    });
  });

  it('reports silence with what to try, in the order of safety', async () => {
    const { link } = devicePlaying(async () => {});
    const error = await handshake(link, { timeoutMs: 60 }).catch((failure) => failure);
    expect(error).toMatchObject({ code: 'HANDSHAKE_SILENT', stage: 'connect' });
    expect(error.evidence).toContain('not one byte came');
    expect(error.next.map((step: string) => /key|Volume|attery|cable/.exec(step)?.[0])).toEqual([
      'key',
      'Volume',
      'attery',
      'cable',
    ]);
  });

  it('reports a preloader that only announces itself', async () => {
    const { link } = devicePlaying(async (device) => {
      await device.send(ascii('ADYREADYREADYREA'));
    });
    const error = await handshake(link, { timeoutMs: 60 }).catch((failure) => failure);
    expect(error.code).toBe('HANDSHAKE_GARBAGE');
    expect(error.evidence).toContain('the preloader said READY 2 times');
  });

  it('reports READY alone as silence', async () => {
    const { link } = devicePlaying((device) => device.send(ascii('READYREADY')));
    const error = await handshake(link, { timeoutMs: 60 }).catch((failure) => failure);
    expect(error.code).toBe('HANDSHAKE_SILENT');
    expect(error.message).toContain('announces itself');
  });

  it('reports garbage with the bytes', async () => {
    const { link } = devicePlaying((device) => device.send(Uint8Array.of(0xc0, 0x00, 0x0b)));
    const error = await handshake(link, { timeoutMs: 60 }).catch((failure) => failure);
    expect(error.code).toBe('HANDSHAKE_GARBAGE');
    expect(error.evidence).toContain('3 other bytes came: c0000b');
  });

  it('says that the phone went away', async () => {
    const { link, done } = scriptedPhone('> A0\n< 5F\n> 0A\n> (hang up)');
    await expect(handshake(link, CALM)).rejects.toMatchObject({ code: 'PHONE_GONE', stage: 'connect' });
    await done;
  });
});

function devicePlaying(play: (device: Port) => Promise<void>): { link: Link } {
  const [port, device] = memoryPortPair('phone');
  void play(device);
  return { link: new Link(port) };
}

/** The handshake state machine of docs/protocol/bootrom.md, "Handshake bytes", at the far end of a slow line. */
function delayedPhone({ latencyMs, swallows }: { latencyMs: number; swallows: boolean }): { link: Link } {
  const expected = [0xa0, 0x0a, 0x50, 0x05];
  let index = 0;
  const answer = (byte: number): number[] => {
    if (index === expected.length) return byte === 0xfd ? [0xfd, 0x65, 0x80, 0, 0] : [byte];
    if (swallows && index > 0 && byte === 0xa0) {
      index = 1;
      return [];
    }
    if (byte === expected[index]) {
      index++;
      return [~byte & 0xff];
    }
    index = 0;
    return [byte + 1];
  };
  return devicePlaying(async (device) => {
    for (let bytes = await device.receive(); bytes; bytes = await device.receive()) {
      const received = bytes;
      setTimeout(() => void device.send(Uint8Array.from([...received].flatMap(answer))), latencyMs);
    }
  });
}
