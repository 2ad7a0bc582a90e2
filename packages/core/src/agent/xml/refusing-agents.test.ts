/** Agents that refuse or misbehave in ways that leave them usable. */
import { describe, expect, it } from 'vitest';
import { logFrame } from '../frames/testing/frame-bytes.fixture.js';
import { writePartition } from './command-text.js';
import type { XmlConversation } from './conversation.js';
import {
  ASKED,
  answerNext,
  DATA,
  expectUsable,
  failureOf,
  hostRequest,
  NEXT,
  PATH,
  read,
  source,
  withDevice,
  write,
} from './testing/host.fixture.js';
import type { TextDevice } from './testing/text-device.fixture.js';

describe('agents that refuse or misbehave, and stay usable', () => {
  const cases: [
    title: string,
    program: (device: TextDevice) => Promise<void>,
    work: (talk: XmlConversation) => Promise<unknown>,
    code: string,
    evidence: string,
  ][] = [
    [
      'a storage error that shows in CMD:END only',
      async (device) => {
        device.say('OK');
        await device.askForFile(PATH, 4);
        await device.takeChunk();
        await device.takeChunk();
        await device.end('ERR', '');
      },
      write,
      'STORAGE_FAILED',
      'the agent ended with "ERR" without a message',
    ],
    [
      'CMD:END in the place of a chunk’s answer',
      async (device) => {
        device.say('OK');
        await device.askForFile(PATH, 4);
        await device.takeText();
        await device.end('ERR', 'Erase [EMMC-USER] Failed.');
      },
      write,
      'STORAGE_FAILED',
      'CMD:END',
    ],
    [
      'a policy that forbids it',
      async (device) => {
        device.say('OK');
        await device.ask('FILE-SIZE', PATH);
        await device.end('ERR', 'Security deny for [EMMC-USER].\n');
      },
      write,
      'SECURITY_REFUSED',
      'Security deny for [EMMC-USER].',
    ],
    [
      'data that is too large',
      async (device) => {
        device.say(
          'OK',
          hostRequest('DOWNLOAD-FILE', `<source_file>${PATH}</source_file><packet_length>4</packet_length>`),
        );
        await device.expect('OK');
        await device.expect('OK@0x8');
        device.say('ERR');
        await device.end('ERR', 'Data size bigger than partition max size.');
      },
      write,
      'IMAGE_TOO_LARGE',
      '"ERR" to a size of 8 bytes',
    ],
    [
      'packets nobody has memory for',
      async (device) => {
        device.say(
          'OK',
          hostRequest('DOWNLOAD-FILE', `<source_file>${PATH}</source_file><packet_length>0xffffffff</packet_length>`),
        );
        await device.expect('ERR');
        await device.end('ERR', 'Host notice error.');
      },
      write,
      'AGENT_REFUSED',
      'packets of 4294967295 bytes',
    ],
    [
      'a file that was not offered',
      async (device) => {
        device.say(
          'OK',
          hostRequest('DOWNLOAD-FILE', '<source_file>/etc/passwd</source_file><packet_length>4</packet_length>'),
        );
        await device.expect('ERR');
        await device.end('ERR', 'Host notice error.');
      },
      write,
      'AGENT_REFUSED',
      '/etc/passwd',
    ],
    [
      '"OK" without having taken the data',
      async (device) => {
        device.say('OK');
        await device.end();
      },
      write,
      'AGENT_REPLY_INVALID',
      'did not ask for the data',
    ],
    [
      '"OK" after a refused chunk',
      async (device) => {
        device.say('OK');
        await device.askForFile(PATH, 8);
        await device.takeChunk('ERR');
        await device.end();
      },
      write,
      'AGENT_REPLY_INVALID',
      '"ERR" at byte 0',
    ],
    [
      '"OK" without having sent the data',
      async (device) => {
        device.say('OK');
        await device.end();
      },
      read,
      'AGENT_REPLY_INVALID',
      'did not send the data',
    ],
    [
      'another length than was asked for',
      async (device) => {
        device.say(
          'OK',
          hostRequest('UPLOAD-FILE', `<target_file>${PATH}</target_file><packet_length>4</packet_length>`),
        );
        await device.expect('OK');
        device.say('OK@0xffffffffffffffff');
        await device.expect('ERR');
        await device.end('ERR', 'Host notice error.');
      },
      read,
      'AGENT_REFUSED',
      '0xffffffffffffffff',
    ],
    [
      'a read that fails in the middle',
      async (device) => {
        device.say('OK');
        await device.offerFile(PATH, 8, 4);
        device.say('OK');
        await device.expect('OK');
        device.raw.give(DATA.subarray(0, 4));
        await device.expect('OK');
        device.say('ERR');
        await device.end('ERR', '');
      },
      read,
      'STORAGE_FAILED',
      '"ERR" after 4 of 8 bytes',
    ],
    [
      'a wish to store a file of its own choice',
      async (device) => {
        device.say(
          'OK',
          hostRequest('UPLOAD-FILE', '<target_file>/etc/passwd</target_file><packet_length>4</packet_length>'),
        );
        await device.expect('ERR');
        await device.end('ERR', 'Host notice error.');
      },
      read,
      'AGENT_REFUSED',
      '/etc/passwd',
    ],
    [
      'a command text it could not take',
      async (device) => {
        device.say('ERR');
      },
      read,
      'AGENT_REFUSED',
      '"ERR" to CMD:READ-FLASH',
    ],
    [
      'a progress report that ends in an error',
      async (device) => {
        device.say('OK', hostRequest('PROGRESS-REPORT', '<message>x</message>'));
        await device.expect('OK');
        device.say('ERR');
        await device.expect('OK');
        await device.end('ERR', 'Erase [x] Failed.');
      },
      (talk) => talk.do(NEXT, ASKED),
      'STORAGE_FAILED',
      'the agent reported "ERR"',
    ],
  ];

  it.each(cases)('%s', async (_, program, work, code, evidence) => {
    await withDevice(
      async (device) => {
        await device.command();
        await program(device);
        await answerNext(device);
      },
      async (talk) => {
        const failure = await failureOf(work(talk));
        expect(failure).toMatchObject({ code });
        expect(failure.evidence.join(' | ')).toContain(evidence);
        await expectUsable(talk);
      },
    );
  });

  it('requests that no command has are declined, and questions about files get honest answers', async () => {
    await withDevice(
      async (device) => {
        await device.command();
        device.say('OK', hostRequest('MAKE-COFFEE', ''));
        await device.expect('ERR!UNSUPPORTED');
        expect(await device.ask('EXISTS', PATH)).toBe('OK@EXISTS');
        expect(await device.ask('EXISTS', '/home')).toBe('OK@NOT-EXISTS');
        expect(await device.ask('FILE-SIZE', PATH)).toBe('OK@0x8');
        expect(await device.ask('FILE-SIZE', '/home')).toBe('ERR');
        expect(await device.ask('REMOVE-ALL', '/home')).toBe('ERR');
        expect(await device.ask('FORMAT', '/home')).toBe('ERR!UNSUPPORTED');
        expect(await device.askForFile(PATH, 8)).toBe(8);
        expect((await device.takeChunk()).bytes).toEqual(DATA);
        await device.end('OK', 'Unsupported command.');
      },
      (talk) => write(talk),
    );
  });

  it('paths are unescaped before they are compared', async () => {
    const path = 'C:/a & "b"/<x>.img';
    const escaped = 'C:/a &amp; &quot;b&quot;/&lt;x&gt;.img';
    await withDevice(
      async (device) => {
        expect(await device.command()).toContain(`<source_file>${escaped}</source_file>`);
        device.say('OK');
        await device.askForFile(escaped, 8);
        await device.takeChunk();
        await device.end();
      },
      (talk) => talk.do(writePartition('boot', path), { ...ASKED, ...source(path, DATA) }),
    );
  });

  it('progress comes with and without a text, as a single line or not at all', async () => {
    const percents: number[] = [];
    await withDevice(
      async (device) => {
        await device.command();
        device.say('OK');
        await device.progress('x', 'OK!PROGRESS@50', 'OK!PROGRESS@100@done');
        await device.progress('x');
        await device.end();
      },
      (talk) => talk.do(NEXT, { ...ASKED, onPercent: (percent) => percents.push(percent) }),
    );
    expect(percents).toEqual([50, 100]);
  });

  it('log frames stand anywhere', async () => {
    await withDevice(
      async (device) => {
        device.raw.giveRaw(logFrame('hello\n'));
        await device.command();
        device.raw.giveRaw(logFrame('working\n'));
        device.say('OK');
        await device.end('ERR', '');
      },
      async (talk) => {
        await failureOf(talk.do(NEXT, ASKED));
        expect(talk.channel.log.evidence()).toEqual(["the agent's log: hello", "the agent's log: working"]);
      },
    );
  });
});
