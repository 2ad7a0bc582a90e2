import { afterEach, describe, expect, it, vi } from 'vitest';
import { Link } from '../../link/link.js';
import { framed, pattern, type Step } from '../frames/testing/frame-bytes.fixture.js';
import { ScriptedPort } from '../frames/testing/scripted-port.fixture.js';
import type { AgentImage } from '../start.js';
import { startXml, type XmlStartOptions } from './start.js';
import { loadTalks, pickTalks } from './testing/talk.fixture.js';
import { argument, type TextDevice, textPort } from './testing/text-device.fixture.js';

const TALKS = loadTalks('conversations.txt');
const GENUINE = loadTalks('genuine-mt6895.txt');

const STAGE2 = pattern(0x1800, 5, 9);
const SIGNATURE = new Uint8Array(0x100).fill(0x53);
const IMAGE: AgentImage = {
  fileName: 'DA_BR.bin',
  description: 'MTK_DA_v6_2022-04-02 23:42:42',
  stage1: { bytes: new Uint8Array(16), address: 0x2000000, signatureLength: 0 },
  stage2: { bytes: Uint8Array.from([...STAGE2, ...SIGNATURE]), address: 0x40000000, signatureLength: 0x100 },
};
const OPTIONS: XmlStartOptions = {
  identity: { hwCode: 0x1172, stage: 'brom' } as never,
  image: IMAGE,
  now: () => new Date(2023, 8, 1, 23, 47, 21),
};

const ports: ScriptedPort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.expectDone();
  vi.useRealTimers();
});

function replayed(steps: Step[], more: Partial<XmlStartOptions> = {}) {
  const port = new ScriptedPort(steps, 700);
  ports.push(port);
  return startXml(new Link(port), { ...OPTIONS, ...more });
}

describe('recorded start-ups', () => {
  const stage1 = ['settings', 'commands of the host', 'memory', 'time', 'stage 2'];

  it('from JUMP_DA to storage, with progress over stage 2', async () => {
    const progress: string[] = [];
    const agent = await replayed(
      [
        ...pickTalks(TALKS, ...stage1, 'commands of the host, not known to stage 2', 'storage'),
        ...pickTalks(GENUINE, 'GET-SYS-PROPERTY'),
        ...pickTalks(TALKS, 'hardware: UFS'),
      ],
      { onProgress: (phase, bytes, total) => progress.push(`${phase} ${bytes}/${total}`) },
    );
    expect(agent).toMatchObject({ generation: 'xml', version: IMAGE.description, storage: { kind: 'ufs' } });
    expect(await agent.batteryMillivolts?.()).toBe(3810);
    expect(progress).toEqual([
      'dram 0/1',
      'dram 1/1',
      'agent-upload 0/6144',
      'agent-upload 4096/6144',
      'agent-upload 6144/6144',
    ]);
  });

  it('a genuine stage 2, which leaves old texts in its messages', async () => {
    const agent = await replayed([
      ...pickTalks(TALKS, ...stage1),
      ...pickTalks(GENUINE, 'HOST-SUPPORTED-COMMANDS', 'NOTIFY-INIT-HW', 'GET-SYS-PROPERTY', 'GET-HW-INFO'),
    ]);
    expect(agent.storage.regions.get('lu2')).toBe(0x1d2000000);
  });

  it('an agent that knows neither settings nor host commands nor the time', async () => {
    const notes: string[] = [];
    // The answers of the genuine stage 2 to commands it does not know.
    const unknown = pickTalks(GENUINE, 'SET-RUNTIME-PARAMETER').slice(3);
    const asked = (name: string) => [...pickTalks(TALKS, name).slice(0, 3), ...unknown];
    await replayed(
      [
        ...pickTalks(GENUINE, 'SET-RUNTIME-PARAMETER'),
        ...asked('commands of the host'),
        ...pickTalks(TALKS, 'memory'),
        ...asked('time'),
        ...pickTalks(TALKS, 'stage 2', 'commands of the host, not known to stage 2', 'storage'),
        ...pickTalks(GENUINE, 'GET-SYS-PROPERTY'),
        ...pickTalks(TALKS, 'hardware: eMMC'),
      ],
      { onNote: (note) => notes.push(note) },
    );
    expect(notes.join()).toContain('SET-RUNTIME-PARAMETER');
  });
});

const SLA = (state: string) =>
  `<?xml version="1.0" encoding="utf-8"?><sys_prop version="1.0"><item key="DA.SLA">${state}</item></sys_prop>`;
const HW_INFO =
  '<da_hw_info><storage>EMMC</storage><emmc><block_size>0x200</block_size><user_size>0x100000</user_size></emmc></da_hw_info>\0';
const text = (value: string) => new TextEncoder().encode(value);

/** An agent that does what each command usually does, unless the test has something else in mind for it. */
async function program(
  device: TextDevice,
  special: Record<string, (device: TextDevice, command: string) => Promise<void>>,
): Promise<void> {
  for (;;) {
    const command = await device.command();
    const name = argument(command, 'command').slice(4);
    const own = special[name];
    if (own) {
      await own(device, command);
      continue;
    }
    device.say('OK');
    if (name === 'BOOT-TO') {
      await device.askForFile(argument(command, 'source_file'), 0x10000);
      await device.takeChunk('OK');
    }
    if (name === 'GET-SYS-PROPERTY') await device.giveFile(argument(command, 'target_file'), text(SLA('DISABLED')));
    if (name === 'GET-HW-INFO') await device.giveFile(argument(command, 'target_file'), text(HW_INFO));
    await device.end();
  }
}

function started(
  special: Record<string, (device: TextDevice, command: string) => Promise<void>>,
  more: Partial<XmlStartOptions> = {},
) {
  return startXml(new Link(textPort((device) => program(device, special))), { ...OPTIONS, ...more });
}

const ends = (result: string, message: string) => async (device: TextDevice) => {
  device.say('OK');
  await device.end(result, message);
};

describe('starts that fail', () => {
  it.each([
    ['memory', { 'NOTIFY-INIT-HW': ends('ERR', 'DRAM Init FAIL.') }, 'DRAM_SETUP_FAILED', 'dram'],
    [
      'storage',
      { 'NOTIFY-INIT-HW': secondTime(ends('ERR', 'All storage init fail. check HW storage.')) },
      'STORAGE_INIT_FAILED',
      'agent',
    ],
    ['stage 2 of another file', { 'BOOT-TO': refusing('DA Hash mismatch.') }, 'AGENT_STAGE2_REFUSED', 'agent'],
    [
      'no storage',
      { 'GET-HW-INFO': giving('<da_hw_info><storage>NONE</storage></da_hw_info>') },
      'STORAGE_NOT_FOUND',
      'agent',
    ],
    ['a reply that is too large to be one', { 'GET-HW-INFO': offering(0x7fffffff) }, 'AGENT_REFUSED', 'agent'],
    ['a locked agent and no key', { 'GET-SYS-PROPERTY': giving(SLA('ENABLED')) }, 'SLA_REQUIRED', 'agent'],
  ])('%s', async (_, special, code, stage) => {
    await expect(started(special as never)).rejects.toMatchObject({ code, stage });
  });

  it.each([
    ['stage 1', {}],
    ['stage 2', { 'HOST-SUPPORTED-COMMANDS': secondTime(async () => new Promise(() => {})) }],
  ])('silence of %s', async (stage, special) => {
    vi.useFakeTimers();
    const silent = textPort(() => new Promise(() => {}));
    const work = stage === 'stage 1' ? startXml(new Link(silent), OPTIONS) : started(special);
    const failure = work.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await failure).toMatchObject({ code: 'AGENT_SILENT', stage: 'agent' });
  });
});

function secondTime(special: (device: TextDevice) => Promise<void>) {
  let times = 0;
  return async (device: TextDevice) => {
    if (++times === 2) return special(device);
    device.say('OK');
    await device.end();
  };
}

function refusing(message: string) {
  return async (device: TextDevice, command: string) => {
    device.say('OK');
    await device.askForFile(argument(command, 'source_file'), 0x10000);
    await device.takeChunk('OK');
    await device.end('ERR', message);
  };
}

function giving(file: string) {
  return async (device: TextDevice, command: string) => {
    device.say('OK');
    await device.giveFile(argument(command, 'target_file'), text(file));
    await device.end();
  };
}

function offering(total: number) {
  return async (device: TextDevice, command: string) => {
    device.say('OK');
    const path = argument(command, 'target_file');
    device.say(
      `<host><version>1.0</version><command>CMD:UPLOAD-FILE</command><arg><info>x</info><target_file>${path}</target_file><packet_length>0x1000</packet_length></arg></host>`,
    );
    await device.expect('OK');
    device.say(`OK@0x${total.toString(16)}`);
    await device.expect('ERR');
    await device.end('ERR', 'Host notice error.');
  };
}

describe('an agent that wants to see the owner’s key', () => {
  const CHALLENGE = '<sla version="1.0"><rnd>00ff10</rnd><hrid>AABB</hrid><socid></socid></sla>';
  const answers: Uint8Array[] = [];
  const locked = (result: string, message: string) => ({
    'GET-SYS-PROPERTY': giving(SLA('ENABLED')),
    'SECURITY-GET-DEV-FW-INFO': giving(CHALLENGE),
    'SECURITY-SET-FLASH-POLICY': async (device: TextDevice, command: string) => {
      device.say('OK');
      await device.askForFile(argument(command, 'source_file'), 0x10000);
      answers.push((await device.takeChunk('OK')).bytes);
      await device.end(result, message);
    },
  });
  const asked: unknown[] = [];
  const signer = {
    name: 'owner.pem',
    sign: async (request: unknown) => {
      asked.push(request);
      return pattern(256, 1, 1);
    },
  };

  it('gets its challenge signed', async () => {
    await expect(started(locked('OK', ''), { signer })).resolves.toMatchObject({ generation: 'xml' });
    expect(asked).toEqual([
      { purpose: 'agent', message: Uint8Array.of(0, 0xff, 0x10), hrid: Uint8Array.of(0xaa, 0xbb) },
    ]);
    expect(answers).toEqual([pattern(256, 1, 1)]);
  });

  it('and may not accept it', async () => {
    const work = started(locked('ERR', 'Server is not authenticated. Locked.'), { signer });
    await expect(work).rejects.toMatchObject({ code: 'SLA_REFUSED', message: expect.stringContaining('owner.pem') });
  });
});

it.each([
  ['that do not know the lock', giving('<sys_prop version="1.0"></sys_prop>')],
  ['that do not know properties', unknownCommand],
])('agents %s have none', async (_, property) => {
  await expect(started({ 'GET-SYS-PROPERTY': property })).resolves.toMatchObject({ generation: 'xml' });
});

async function unknownCommand(device: TextDevice): Promise<void> {
  device.say('ERR!UNSUPPORTED');
  await device.end('ERR!UNSUPPORTED', 'Unsupported command.');
}

it('the oldest agents know the memory set-up by another name', async () => {
  await expect(started({ 'NOTIFY-INIT-HW': unknownCommand })).resolves.toMatchObject({ generation: 'xml' });
});

it('a first frame that is none', async () => {
  const port = new ScriptedPort([{ from: 'agent', bytes: framed(Uint8Array.of(1, 2, 3)) }]);
  await expect(startXml(new Link(port), OPTIONS)).rejects.toMatchObject({ code: 'AGENT_OUT_OF_STEP', stage: 'agent' });
});
