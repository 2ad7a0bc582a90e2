/** The host's side of recorded conversations, byte for byte, and of conversations that go wrong. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Link } from '../../link/link.js';
import { concat } from '../../wire/index.js';
import { framed, logFrame, pattern, type Step } from '../frames/testing/frame-bytes.fixture.js';
import type { ProgrammedPort } from '../frames/testing/programmed-port.fixture.js';
import { ScriptedPort } from '../frames/testing/scripted-port.fixture.js';
import {
  type CommandText,
  eraseFlash,
  getDevFwInfo,
  getHwInfo,
  memoryFile,
  readFlash,
  readPartitionTable,
  reboot,
  writeFlash,
  writePartition,
} from './command-text.js';
import { XmlConversation } from './conversation.js';
import type { Desk } from './desk.js';
import { PrimedSource } from './primed-source.js';
import { fetchText } from './replies.js';
import { loadTalks, pickTalks, textFrame } from './testing/talk.fixture.js';
import { type TextDevice, textPort } from './testing/text-device.fixture.js';
import { XmlChannel } from './text-channel.js';

const TALKS = loadTalks('conversations.txt');
const GENUINE = loadTalks('genuine-mt6895.txt');

const ports: ScriptedPort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.expectDone();
  vi.useRealTimers();
});

/** A host that talks to a recording; the transport cuts the agent's bytes in an unhandy way. */
function replay(steps: Step[]): XmlConversation {
  const port = new ScriptedPort(steps, 1000);
  ports.push(port);
  return new XmlConversation(new XmlChannel(new Link(port)));
}

const ASKED = { stage: 'write', what: 'to do what the test wants' } as const;

const source = (path: string, bytes: Uint8Array): Partial<Desk> => ({
  source: { path, length: bytes.length, data: new PrimedSource(pieces(bytes, 100_000)) },
});

async function* pieces(data: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < data.length; start += length) yield data.subarray(start, start + length);
}

async function failureOf(work: Promise<unknown>): Promise<{ code: string; evidence: string[] }> {
  return work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as { code: string; evidence: string[] },
  );
}

async function collect(data: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of data) all.push(piece);
  return concat(...all);
}

describe('recorded conversations', () => {
  it('a read in two packets', async () => {
    const talk = replay(pickTalks(TALKS, 'read'));
    const target = { path: 'D:/dump.bin', exactly: 0x80200 };
    const seen: number[] = [];
    const onBytes = (bytes: number) => seen.push(bytes);
    const command = readFlash('UFS-LUA2', 0x8000000, 0x80200, target.path);
    const data = await collect(talk.run(command, { ...ASKED, target, onBytes }));
    expect(data.length).toBe(0x80200);
    expect(data.findIndex((byte, i) => byte !== ((i * 7 + 3) & 0xff))).toBe(-1);
    expect(seen).toEqual([0x80000, 0x80200]);
  });

  it('a write, which erases first', async () => {
    const path = 'MEM://0x8000000:0x1000';
    const percents: number[] = [];
    await replay(pickTalks(TALKS, 'write')).do(writeFlash('UFS-LUA2', 0x8000000, path), {
      ...ASKED,
      ...source(path, pattern(0x1000, 3, 1)),
      onPercent: (percent) => percents.push(percent),
    });
    expect(percents).toEqual([0, 50, 100]);
    // Header and payload apart, as the genuine hosts write them.
    const writes = ports[0]?.writes.map(({ length }) => length) ?? [];
    expect(writes.filter((_, i) => i % 2 === 0).every((length) => length === 12)).toBe(true);
    expect(writes.slice(0, 4)).toEqual([12, 3, 12, 271]);
  });

  it('a write with checksums, whose agent looks for other files first', async () => {
    const path = 'D:/fw/boot.img';
    const desk = { ...ASKED, ...source(path, pattern(0x80006, 7, 3)) };
    await replay(pickTalks(TALKS, 'write a partition, with checksums')).do(writePartition('boot_a', path), desk);
  });

  it.each([
    ['unknown command', getDevFwInfo(memoryFile(0x200000)), 'AGENT_COMMAND_UNKNOWN', 'Unsupported command.'],
    ['unknown partition', writePartition('nosuch', 'D:/fw/boot.img'), 'AGENT_REFUSED', 'Cannot find [nosuch] info'],
  ])('%s: refused, and the agent is usable again', async (name, command, code, message) => {
    const talk = replay(pickTalks(TALKS, name, 'restart'));
    const failure = await failureOf(talk.do(command, ASKED));
    expect(failure).toMatchObject({ code, stage: 'write' });
    expect(failure.evidence.join()).toContain(message);
    await talk.do(reboot('IMMEDIATE'), ASKED);
  });

  it('a refused chunk without a message is an error of the storage, told with the place', async () => {
    const path = 'D:/fw/boot.img';
    const talk = replay(pickTalks(TALKS, 'checksum refused', 'restart'));
    const desk = { ...ASKED, ...source(path, pattern(6, 7, 3)) };
    const failure = await failureOf(talk.do(writePartition('boot_a', path), desk));
    expect(failure).toMatchObject({ code: 'STORAGE_FAILED' });
    expect(failure.evidence.join()).toContain('"ERR" at byte 0');
    await talk.do(reboot('IMMEDIATE'), ASKED);
  });

  it('a soft stop before the first chunk', async () => {
    const path = 'D:/fw/boot.img';
    const talk = replay(pickTalks(TALKS, 'write cancelled', 'restart'));
    const stop = AbortSignal.abort(new Error('enough'));
    const desk = { ...ASKED, ...source(path, pattern(0x80006, 7, 3)), stop };
    await expect(talk.do(writePartition('boot_a', path), desk)).rejects.toThrow('enough');
    await talk.do(reboot('IMMEDIATE'), ASKED);
  });
});

describe('a genuine agent', () => {
  it('answers in texts that are understood', async () => {
    const talk = replay(pickTalks(GENUINE, 'GET-HW-INFO', 'READ-PARTITION-TABLE', 'SECURITY-GET-DEV-FW-INFO'));
    expect(await fetchText(talk, getHwInfo, ASKED)).toContain('<lua2_size>0x1d2000000</lua2_size>');
    expect(await fetchText(talk, readPartitionTable, ASKED)).toContain('<partition_table version="1.0">');
    const failure = await failureOf(fetchText(talk, getDevFwInfo, ASKED));
    expect(failure).toMatchObject({ code: 'AGENT_COMMAND_UNKNOWN' });
  });
});

/** A host and a device program; the program must have run to its end. */
async function withDevice(
  program: (device: TextDevice) => Promise<void>,
  test: (talk: XmlConversation, port: ProgrammedPort) => Promise<void>,
): Promise<void> {
  const port = textPort(program);
  await test(new XmlConversation(new XmlChannel(new Link(port))), port);
  await port.finished;
}

const PATH = memoryFile(8);
const DATA = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const WRITE = writeFlash('EMMC-USER', 0, PATH);
const READ = readFlash('EMMC-USER', 0, 8, PATH);
const NEXT = eraseFlash('EMMC-USER', 0, 512);

/** After a failure: one more command goes through. */
async function expectUsable(talk: XmlConversation): Promise<void> {
  await talk.do(NEXT, ASKED);
}
async function answerNext(device: TextDevice): Promise<void> {
  await device.command();
  device.say('OK');
  await device.end();
}

const write = (talk: XmlConversation, more: Partial<Desk> = {}) =>
  talk.do(WRITE, { ...ASKED, ...source(PATH, DATA), ...more });
const read = (talk: XmlConversation, more: Partial<Desk> = {}) =>
  collect(talk.run(READ, { ...ASKED, target: { path: PATH, exactly: 8 }, ...more }));

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
        device.say('OK', HOST('DOWNLOAD-FILE', `<source_file>${PATH}</source_file><packet_length>4</packet_length>`));
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
          HOST('DOWNLOAD-FILE', `<source_file>${PATH}</source_file><packet_length>0xffffffff</packet_length>`),
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
          HOST('DOWNLOAD-FILE', '<source_file>/etc/passwd</source_file><packet_length>4</packet_length>'),
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
        device.say('OK', HOST('UPLOAD-FILE', `<target_file>${PATH}</target_file><packet_length>4</packet_length>`));
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
        device.say('OK', HOST('UPLOAD-FILE', '<target_file>/etc/passwd</target_file><packet_length>4</packet_length>'));
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
        device.say('OK', HOST('PROGRESS-REPORT', '<message>x</message>'));
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
        device.say('OK', HOST('MAKE-COFFEE', ''));
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

function HOST(command: string, arg: string): string {
  return `<?xml version="1.0" encoding="utf-8"?><host><version>1.0</version><command>CMD:${command}</command><arg>${arg}</arg></host>`;
}

describe('ends that the host wants', () => {
  it('a soft stop while the phone erases is told at the next line', async () => {
    const stop = new AbortController();
    await withDevice(
      async (device) => {
        await device.command();
        device.say('OK');
        expect(await device.progress('x', 0, 50, 100)).toEqual(['OK', 'ERR!CANCEL', 'ERR!CANCEL']);
        await device.end('ERR', 'user canceled.');
        await answerNext(device);
      },
      async (talk) => {
        const onPercent = (percent: number) => percent === 50 && stop.abort(new Error('enough'));
        await expect(talk.do(NEXT, { ...ASKED, stop: stop.signal, onPercent })).rejects.toThrow('enough');
        await expectUsable(talk);
      },
    );
  });

  it('a soft stop while reading is told in the place of the next answer', async () => {
    const stop = new AbortController();
    await withDevice(
      async (device) => {
        await device.command();
        device.say('OK');
        await device.offerFile(PATH, 8, 4);
        device.say('OK');
        await device.expect('OK');
        stop.abort(new Error('enough'));
        device.raw.give(DATA.subarray(0, 4));
        await device.expect('ERR!CANCEL');
        await device.end('ERR', 'user canceled.');
        await answerNext(device);
      },
      async (talk) => {
        await expect(read(talk, { stop: stop.signal })).rejects.toThrow('enough');
        await expectUsable(talk);
      },
    );
  });

  it('leaving a read early takes one more packet and cancels', async () => {
    await withDevice(
      async (device) => {
        await device.command();
        device.say('OK');
        await device.offerFile(PATH, 8, 2);
        device.say('OK');
        await device.expect('OK');
        device.raw.give(DATA.subarray(0, 2));
        await device.expect('OK');
        device.say('OK');
        await device.expect('OK');
        device.raw.give(DATA.subarray(2, 4));
        await device.expect('ERR!CANCEL');
        await device.end('ERR', 'user canceled.');
        await answerNext(device);
      },
      async (talk) => {
        for await (const _ of talk.run(READ, { ...ASKED, target: { path: PATH, exactly: 8 } })) break;
        await expectUsable(talk);
      },
    );
  });

  it('a source that fails ends the write in order', async () => {
    async function* failing() {
      yield DATA.subarray(0, 4);
      throw new Error('the disk is gone');
    }
    await withDevice(
      async (device) => {
        await device.command();
        device.say('OK');
        await device.askForFile(PATH, 4);
        await device.takeChunk();
        await device.expect('ERR');
        device.say('ERR');
        await device.end('ERR', 'Host Notify error.');
        await answerNext(device);
      },
      async (talk) => {
        const broken = { source: { path: PATH, length: 8, data: new PrimedSource(failing()) } };
        await expect(talk.do(WRITE, { ...ASKED, ...broken })).rejects.toThrow('the disk is gone');
        await expectUsable(talk);
      },
    );
  });
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
      async (device: TextDevice) => device.say(HOST('MAKE-COFFEE', '')),
      'COFFEE',
    ],
    [
      'CMD:START inside of a command',
      async (device: TextDevice) => {
        await device.command();
        device.say('OK', HOST('START', ''));
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
        device.say('OK', HOST('PROGRESS-REPORT', '<message>x</message>'));
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
        for (let i = 0; i <= 1000; i++) device.say(HOST('MAKE-COFFEE', ''));
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
      { from: 'agent', bytes: bare(HOST('START', '')) },
      { from: 'host', bytes: textFrame('OK') },
      { from: 'host', bytes: textFrame(NEXT.text) },
      { from: 'agent', bytes: framed(new Uint8Array(0)) },
      { from: 'agent', bytes: bare('OK') },
      { from: 'agent', bytes: bare(HOST('END', '<result>OK</result><message/>')) },
      { from: 'host', bytes: textFrame('OK') },
    ];
    await replay(steps).do(NEXT, ASKED);
  });
});
