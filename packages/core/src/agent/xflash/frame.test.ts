import { afterEach, describe, expect, it, vi } from 'vitest';
import { Link } from '../../link/link.js';
import { framed, logFrame, word } from '../frames/testing/frame-bytes.fixture.js';
import { ProgrammedPort } from '../frames/testing/programmed-port.fixture.js';
import { ScriptedPort } from '../frames/testing/scripted-port.fixture.js';
import { XflashChannel } from './frame.js';

const WAIT = { timeoutMs: 1000, what: 'a status', stage: 'write' } as const;

function channelThatHears(...frames: Uint8Array[]) {
  const notes: string[] = [];
  const port = new ScriptedPort(
    frames.map((bytes) => ({ from: 'agent', bytes })),
    5,
  );
  return { channel: new XflashChannel(new Link(port), (note) => notes.push(note)), port, notes };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('statuses', () => {
  it.each([
    ['4 bytes', word(0xc0040003), 0xc0040003],
    ['2 bytes, as old builds send', framed(Uint8Array.of(0x03, 0xc0)), 0xc003],
    ['longer than a word', framed(Uint8Array.of(1, 2, 3, 4, 9, 9)), 0x04030201],
    ['the frame magic, which means success', word(0xfeeeeeef), 0],
  ])('reads a status of %s', async (_, bytes, value) => {
    const { channel } = channelThatHears(bytes);
    expect(await channel.status(WAIT)).toBe(value);
  });

  it('does not take one or three bytes for a status', async () => {
    const { channel } = channelThatHears(framed(Uint8Array.of(1, 2, 3)));
    await expect(channel.status(WAIT)).rejects.toMatchObject({ code: 'AGENT_OUT_OF_STEP', stage: 'write' });
  });
});

describe('log frames', () => {
  it('are told line by line and do not disturb the conversation', async () => {
    const { channel, notes } = channelThatHears(
      logFrame('  mmc init'),
      word(0),
      logFrame(' ok.\r\nsecond\r\nthird\u001b[2J'),
      word(7),
      logFrame('\r\n'),
      word(8),
    );
    expect(await channel.status(WAIT)).toBe(0);
    expect(notes).toEqual([]);
    expect(await channel.status(WAIT)).toBe(7);
    expect(notes).toEqual(['agent: mmc init ok.', 'agent: second']);
    expect(await channel.status(WAIT)).toBe(8);
    expect(notes[2]).toBe('agent: third?[2J');
    expect(channel.log.evidence(2)).toEqual(["the agent's log: second", "the agent's log: third?[2J"]);
  });

  it('cannot keep the host for ever', async () => {
    const endless = new ProgrammedPort(async (device) => {
      for (;;) {
        device.giveRaw(logFrame('alive\r\n'));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    });
    const channel = new XflashChannel(new Link(endless));
    await expect(channel.status({ ...WAIT, timeoutMs: 60 })).rejects.toMatchObject({ code: 'PHONE_SILENT' });
  });

  it('of a hostile size are not waited for', async () => {
    const header = logFrame('').slice(0, 12);
    header.set([0xff, 0xff, 0xff, 0x7f], 8);
    const { channel } = channelThatHears(header);
    await expect(channel.status(WAIT)).rejects.toMatchObject({ code: 'AGENT_OUT_OF_STEP' });
  });
});

describe('frames that break the rules', () => {
  it('empty frames are skipped', async () => {
    const { channel } = channelThatHears(framed(new Uint8Array(0)), framed(new Uint8Array(0), 2), word(5));
    expect(await channel.status(WAIT)).toBe(5);
  });

  it.each([
    ['another magic', Uint8Array.from(word(0), (byte, i) => (i === 0 ? 0xee : byte)), 'no frame starts with eeeeeefe'],
    ['another type', framed(Uint8Array.of(0, 0, 0, 0), 3), 'type 3'],
    ['too long', framed(new Uint8Array(33)).slice(0, 12), 'announces 33 bytes where at most 32'],
  ])('%s ends the conversation for good', async (_, bytes, evidence) => {
    const { channel } = channelThatHears(bytes, word(0));
    const failure = await channel.receive(32, WAIT).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'AGENT_OUT_OF_STEP' });
    expect((failure as { evidence: string[] }).evidence.join()).toContain(evidence);
    await expect(channel.status(WAIT)).rejects.toMatchObject({ code: 'AGENT_OUT_OF_STEP' });
    await expect(channel.sendWords(1)).rejects.toMatchObject({ code: 'AGENT_OUT_OF_STEP' });
  });

  it('a frame that stops in the middle is silence, with what had come and what the agent said last', async () => {
    vi.useFakeTimers();
    const { channel } = channelThatHears(logFrame('[EMI] setting failed\r\n'), word(0).slice(0, 14));
    const failure = channel.status(WAIT).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10_000);
    const evidence = (await failure) as { code: string; evidence: string[] };
    expect(evidence.code).toBe('PHONE_SILENT');
    expect(evidence.evidence).toEqual(['2 of 4 bytes had arrived: 0000', "the agent's log: [EMI] setting failed"]);
  });

  it('a phone that goes away is named with what was waited for', async () => {
    const port = new ProgrammedPort(async (device) => device.leave());
    const channel = new XflashChannel(new Link(port));
    await expect(channel.status(WAIT)).rejects.toMatchObject({
      code: 'PHONE_GONE',
      stage: 'write',
      evidence: expect.arrayContaining(['the host was waiting for a status']),
    });
  });
});

describe('sending', () => {
  it('puts header and word into one write, and a chunk with its words into two', async () => {
    const port = new ScriptedPort([
      { from: 'host', bytes: word(0x010009) },
      { from: 'host', bytes: word(0) },
      { from: 'host', bytes: word(0x1234) },
      { from: 'host', bytes: framed(new Uint8Array(1000)) },
    ]);
    const channel = new XflashChannel(new Link(port));
    await channel.sendWords(0x010009);
    await channel.sendChunk([0, 0x1234], new Uint8Array(1000));
    port.expectDone();
    expect(port.writes.map(({ length }) => length)).toEqual([16, 44, 1000]);
  });

  it('does not wait for ever for a phone that takes no bytes', async () => {
    vi.useFakeTimers();
    const port = new ProgrammedPort(() => new Promise(() => {}));
    port.send = () => new Promise(() => {});
    const sending = new XflashChannel(new Link(port)).sendWords(1).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await sending).toMatchObject({
      code: 'PHONE_SILENT',
      message: expect.stringContaining('stopped taking data'),
    });
  });
});
