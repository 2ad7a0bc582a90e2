/** Agents after which nothing can be trusted any more, and phones that go away. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Link } from '../../link/link.js';
import { framed, logFrame, type Step } from '../frames/testing/frame-bytes.fixture.js';
import type { CommandText } from './command-text.js';
import { XmlConversation } from './conversation.js';
import { ASKED, collect, DATA, failureOf, hostRequest, NEXT, PATH, READ, replay } from './testing/host.fixture.js';
import { textFrame } from './testing/talk.fixture.js';
import { type TextDevice, textPort } from './testing/text-device.fixture.js';
import { XmlChannel } from './text-channel.js';

afterEach(() => {
  vi.useRealTimers();
});

describe('conversations that are lost', () => {
  async function lost(
    program: (device: TextDevice) => Promise<void>,
    command: CommandText = NEXT,
  ): Promise<{ code: string; evidence: string[] }> {
    const port = textPort(program);
    const talk = new XmlConversation(new XmlChannel(new Link(port)));
    const target = { path: PATH, exactly: 8 };
    const failure = await failureOf(collect(talk.run(command, command === READ ? { ...ASKED, target } : ASKED)));
    expect(await failureOf(talk.do(NEXT, ASKED))).toMatchObject({ code: 'AGENT_OUT_OF_STEP' });
    return failure;
  }

  it.each([
    ['garbage instead of CMD:START', async (device: TextDevice) => device.say('hello'), '"hello"'],
    [
      'another request instead of CMD:START',
      async (device: TextDevice) => device.say(hostRequest('MAKE-COFFEE', '')),
      'COFFEE',
    ],
    [
      'CMD:START inside of a command',
      async (device: TextDevice) => {
        await device.command();
        device.say('OK', hostRequest('START', ''));
      },
      'CMD:START inside',
    ],
    [
      'an entity bomb',
      async (device: TextDevice) => {
        await device.command();
        device.say('OK', '<!DOCTYPE a [<!ENTITY b "c">]><a/>');
      },
      'DOCTYPE',
    ],
    [
      'an answer that is none',
      async (device: TextDevice) => {
        await device.command();
        device.say('MAYBE');
      },
      '"MAYBE"',
    ],
    [
      'progress without a number',
      async (device: TextDevice) => {
        await device.command();
        device.say('OK', hostRequest('PROGRESS-REPORT', '<message>x</message>'));
        await device.expect('OK');
        device.say('OK!PROGRESS@999@');
      },
      'OK!PROGRESS@999@',
    ],
    [
      'a frame that announces more than a text can have',
      async (device: TextDevice) => {
        await device.command();
        device.raw.giveRaw(Uint8Array.of(0xef, 0xee, 0xee, 0xfe, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f));
      },
      '2147483647',
    ],
    [
      'a frame with a wrong magic',
      async (device: TextDevice) => {
        await device.command();
        device.raw.giveRaw(new Uint8Array(12));
      },
      'no frame starts with',
    ],
    [
      'requests without end',
      async (device: TextDevice) => {
        await device.command();
        device.say('OK');
        for (let i = 0; i <= 1000; i++) device.say(hostRequest('MAKE-COFFEE', ''));
      },
      '1000 times',
    ],
    [
      'acknowledgements without end',
      async (device: TextDevice) => {
        await device.command();
        device.say('OK', ...Array.from({ length: 20 }, () => 'OK'));
      },
      'nothing but acknowledgements',
    ],
  ])('%s', async (_, program, evidence) => {
    const failure = await lost(program);
    expect(failure).toMatchObject({ code: 'AGENT_OUT_OF_STEP', stage: 'write' });
    expect(failure.evidence.join(' | ')).toContain(evidence);
  });

  it('more data than a packet may have', async () => {
    const failure = await lost(async (device) => {
      await device.command();
      device.say('OK');
      await device.offerFile(PATH, 8, 4);
      device.say('OK');
      await device.expect('OK');
      device.raw.give(DATA);
    }, READ);
    expect(failure).toMatchObject({ code: 'AGENT_OUT_OF_STEP' });
    expect(failure.evidence.join()).toContain('8 bytes where at most 4');
  });

  it.each([
    ['silence', undefined],
    ['half a header', Uint8Array.of(0xef, 0xee, 0xee)],
    ['a header without its text', framed(new Uint8Array(100)).subarray(0, 40)],
    ['endless log text', undefined],
  ])('%s ends with a named error', async (kind, bytes) => {
    vi.useFakeTimers();
    const port = textPort(async (device) => {
      await device.command();
      if (bytes) device.raw.giveRaw(bytes);
      else if (kind !== 'silence') device.raw.giveRaw(logFrame('still here\n'));
      await new Promise(() => {});
    });
    const talk = new XmlConversation(new XmlChannel(new Link(port)));
    const failed = failureOf(talk.do(NEXT, ASKED));
    await vi.advanceTimersByTimeAsync(120_000);
    expect(await failed).toMatchObject({ code: 'PHONE_SILENT', stage: 'write' });
  });

  it('a cable that is pulled', async () => {
    const port = textPort(async (device) => {
      await device.command();
      device.raw.leave();
    });
    const talk = new XmlConversation(new XmlChannel(new Link(port)));
    expect(await failureOf(talk.do(NEXT, ASKED))).toMatchObject({ code: 'PHONE_GONE' });
  });

  it('texts without a NUL, and frames of no bytes, are taken all the same', async () => {
    const bare = (text: string) => framed(new TextEncoder().encode(text));
    const steps: Step[] = [
      { from: 'agent', bytes: bare(hostRequest('START', '')) },
      { from: 'host', bytes: textFrame('OK') },
      { from: 'host', bytes: textFrame(NEXT.text) },
      { from: 'agent', bytes: framed(new Uint8Array(0)) },
      { from: 'agent', bytes: bare('OK') },
      { from: 'agent', bytes: bare(hostRequest('END', '<result>OK</result><message/>')) },
      { from: 'host', bytes: textFrame('OK') },
    ];
    const { talk, port } = replay(steps);
    await talk.do(NEXT, ASKED);
    port.expectDone();
  });
});
