import { connectPhone } from '@unbrick/core';
import { describe, expect, it } from 'vitest';
import { openPortSource } from './open-source.js';

describe('openPortSource with a virtual phone', () => {
  it.each([
    ['virtual:mt6735-emmc', 'preloader', 0x321],
    ['virtual:mt6735-emmc?mode=brom', 'brom', 0x321],
    ['virtual:mt6580-emmc?mode=brom', 'brom', 0x6580],
    ['virtual:mt6765-emmc', 'preloader', 0x766],
  ])('connects to %s', async (text, stage, hwCode) => {
    const notes: string[] = [];
    const connected = await connectPhone(await openPortSource(text), {
      timeoutMs: 15_000,
      onNote: (note) => notes.push(note),
    });
    expect(connected.identity).toMatchObject({ stage, hwCode });
    expect(connected.link.buffered).toBe(0);
    await connected.link.close();
    expect(notes.filter((note) => !note.startsWith('Seen'))).toEqual([]);
  });

  it('catches a preloader that shows itself only briefly', async () => {
    const source = await openPortSource('virtual:mt6757-emmc?fault=short-window');
    const { identity, link } = await connectPhone(source, { timeoutMs: 15_000 });
    expect(identity).toMatchObject({ stage: 'preloader', hwCode: 0x551 });
    await link.close();
  });

  it('gives up on a silent phone with what was seen', async () => {
    const source = await openPortSource('virtual:mt6735-emmc?fault=silent');
    const error = await connectPhone(source, { timeoutMs: 600, handshakeMs: 200 }).catch((failure) => failure);
    expect(error).toMatchObject({ code: 'NO_PHONE', stage: 'connect' });
  });

  it.each(['virtual:no-such-phone', 'virtual:mt6735-emmc?fault=boredom'])('refuses %s as wrong usage', async (text) => {
    await expect(openPortSource(text)).rejects.toMatchObject({ code: 'PORT_NAME_INVALID', stage: 'usage' });
  });
});
