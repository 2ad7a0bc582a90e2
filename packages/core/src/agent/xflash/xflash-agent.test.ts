import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Link } from '../../link/link.js';
import type { Region, StorageInfo } from '../../storage/storage.js';
import { pattern } from '../frames/testing/frame-bytes.fixture.js';
import { ProgrammedPort } from '../frames/testing/programmed-port.fixture.js';
import { ScriptedPort } from '../frames/testing/scripted-port.fixture.js';
import { XflashChannel } from './frame.js';
import { parseExchanges, pick } from './testing/exchanges.fixture.js';
import { MemoryPhone, type Troubles } from './testing/memory-phone.fixture.js';
import { XflashAgent, type XflashAgentFacts } from './xflash-agent.js';

const BRING_UP = parseExchanges(readFileSync(new URL('./fixtures/bring-up.txt', import.meta.url), 'utf8'));

const MIB = 0x100000;
const STORAGE: StorageInfo = {
  kind: 'emmc',
  blockSize: 512,
  regions: new Map<Region, number>([
    ['boot1', 0x400000],
    ['boot2', 0x400000],
    ['rpmb', 0x400000],
    ['user', 4 * MIB],
  ]),
  id: new Uint8Array(16),
};

function agentOn(port: ProgrammedPort | ScriptedPort, more: Partial<XflashAgentFacts> = {}): XflashAgent {
  const facts = { version: 'test', storage: STORAGE, chunkLength: 0x10000, agentProof: 'none' as const, ...more };
  return new XflashAgent(new XflashChannel(new Link(port)), facts);
}

function memoryPhone(troubles?: Troubles) {
  const phone = new MemoryPhone(4 * MIB, 0x8000, troubles);
  return { phone, agent: agentOn(phone) };
}

async function* inPieces(data: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += length) yield data.subarray(at, at + length);
}

const user = (start: number, length: number) => ({ region: 'user', start, length }) as const;
/** No two chunks of it are alike. */
const NOISE = Uint8Array.from({ length: 300_000 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 23);

/** As `expect(a).toEqual(b)`, which takes a second for a few hundred kilobytes. */
function expectSame(actual: Uint8Array, wanted: Uint8Array): void {
  expect(actual.length).toBe(wanted.length);
  expect(actual.findIndex((byte, i) => byte !== wanted[i])).toBe(-1);
}

async function collect(agent: XflashAgent, start: number, length: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of agent.read(user(start, length))) parts.push(part);
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe('whole transfers', () => {
  it('what was written is read back, whatever the pieces of the source', async () => {
    const { agent, phone } = memoryPhone();
    const seen: number[] = [];
    const result = await agent.write(user(0x200, NOISE.length), inPieces(NOISE, 7919), {
      onBytes: (n) => seen.push(n),
    });
    expect(result).toEqual({ bytes: NOISE.length, agentProof: 'none' });
    expect(seen).toEqual([0x10000, 0x20000, 0x30000, 0x40000, NOISE.length]);
    expectSame(await collect(agent, 0x200, NOISE.length), NOISE);
    expect(phone.seen).toEqual(['write 0x200+300000', 'write end', 'control', 'read 0x200+300000', 'read end']);
  });

  it('a source that uses one buffer again and again', async () => {
    const { agent, phone } = memoryPhone();
    async function* reused() {
      const buffer = new Uint8Array(1000);
      for (let at = 0; at < NOISE.length; at += 1000) {
        buffer.set(NOISE.subarray(at, at + 1000));
        yield buffer;
      }
    }
    await agent.write(user(0, NOISE.length), reused());
    expectSame(phone.memory.subarray(0, NOISE.length), NOISE);
  });

  it('the source is read ahead while the phone takes a chunk in, and by one chunk only', async () => {
    const { agent, phone } = memoryPhone();
    const ahead: number[] = [];
    let given = 0;
    async function* counted() {
      for (; given < NOISE.length; given += 10_000) yield NOISE.subarray(given, given + 10_000);
    }
    await agent.write(user(0, NOISE.length), counted(), { onBytes: (bytes) => ahead.push(given - bytes) });
    expectSame(phone.memory.subarray(0, NOISE.length), NOISE);
    expect(ahead[1]).toBeGreaterThan(0);
    expect(Math.max(...ahead)).toBeLessThanOrEqual(0x10000 + 10_000);
  });

  it('an erase ends at each GiB, where it can be stopped', async () => {
    const erased: string[] = [];
    const port = new ProgrammedPort(async (device) => {
      for (;;) {
        await device.takeWord();
        device.giveWord(0);
        const block = await device.take();
        const view = new DataView(block.buffer, block.byteOffset);
        erased.push(`${view.getBigUint64(8, true)}+${view.getBigUint64(16, true)}`);
        device.giveWord(0, 0x40040004, 100);
        await device.takeWord();
        device.giveWord(0x40040005);
      }
    });
    const GIB = 0x40000000;
    const storage = { ...STORAGE, regions: new Map<Region, number>([['user', 8 * GIB]]) };
    const agent = agentOn(port, { storage });
    const seen: number[] = [];
    await agent.erase(user(MIB, 2 * GIB), { onBytes: (bytes) => seen.push(bytes) });
    expect(erased).toEqual([`${MIB}+${GIB - MIB}`, `${GIB}+${GIB}`, `${2 * GIB}+${MIB}`]);
    expect(seen).toEqual([GIB - MIB, 2 * GIB - MIB, 2 * GIB]);

    const stop = new AbortController();
    const stopped = agent.erase(user(0, 4 * GIB), {
      stop: stop.signal,
      onBytes: () => stop.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(erased).toHaveLength(4);
  });
});

describe('ending early', () => {
  it('a loop that is left ends the read, and the agent is usable', async () => {
    const { agent, phone } = memoryPhone();
    for await (const packet of agent.read(user(0, MIB))) {
      expect(packet.length).toBe(0x8000);
      break;
    }
    await agent.erase(user(0, 512));
    expect(phone.seen).toEqual([`read 0x0+${MIB}`, 'abort', 'erase 0x0+512']);
  });

  it('a loop that is left at the last packet needs no abort', async () => {
    const { agent, phone } = memoryPhone();
    for await (const _ of agent.read(user(0, 0x8000))) break;
    await agent.erase(user(0, 512));
    expect(phone.seen).toEqual(['read 0x0+32768', 'read end', 'erase 0x0+512']);
  });

  it('a stop ends the read with its own reason', async () => {
    const { agent, phone } = memoryPhone();
    const stop = new AbortController();
    const reading = async () => {
      for await (const _ of agent.read(user(0, MIB), { stop: stop.signal })) stop.abort(new Error('enough'));
    };
    await expect(reading()).rejects.toThrow('enough');
    await agent.erase(user(0, 512));
    expect(phone.seen).toEqual([`read 0x0+${MIB}`, 'abort', 'erase 0x0+512']);
  });

  it('a stop before the start sends nothing', async () => {
    const { agent, phone } = memoryPhone();
    const stop = AbortSignal.abort(new Error('enough'));
    await expect(agent.write(user(0, 512), inPieces(NOISE, 512), { stop })).rejects.toThrow('enough');
    await expect(agent.read(user(0, 512), { stop }).next()).rejects.toThrow('enough');
    await expect(agent.erase(user(0, 512), { stop })).rejects.toThrow('enough');
    await expect(agent.writePreloader(NOISE, { stop })).rejects.toThrow('enough');
    expect(phone.seen).toEqual([]);
  });

  it('a source that fails in the middle ends the write, and its error is what the caller sees', async () => {
    const { agent, phone } = memoryPhone();
    async function* failing() {
      yield NOISE.subarray(0, 0x18000);
      throw new Error('disk on fire');
    }
    await expect(agent.write(user(0, NOISE.length), failing())).rejects.toThrow('disk on fire');
    expect(phone.seen).toEqual(['write 0x0+300000', 'abort']);
    expect(await collect(agent, 0, 10)).toEqual(NOISE.subarray(0, 10));
  });

  it('a source that fails at once leaves no trace on the phone', async () => {
    const { agent, phone } = memoryPhone();
    // biome-ignore lint/correctness/useYield: a source that never gets so far
    async function* failing(): AsyncGenerator<Uint8Array> {
      throw new Error('no such file');
    }
    await expect(agent.write(user(0, 512), failing())).rejects.toThrow('no such file');
    expect(phone.seen).toEqual([]);
  });

  it.each([
    ['too short', NOISE.subarray(0, 150_000), 'it ended after 150000 bytes'],
    ['too long', pattern(200_001, 3, 3), 'too many'],
  ])('a source that is %s never ends in a finished write', async (_, data, evidence) => {
    const { agent, phone } = memoryPhone();
    let closed = false;
    async function* source() {
      try {
        yield* inPieces(data, 70_000);
      } finally {
        closed = true;
      }
    }
    await expect(agent.write(user(0, 200_000), source())).rejects.toMatchObject({
      code: 'SOURCE_LENGTH_WRONG',
      evidence: expect.arrayContaining([expect.stringContaining(evidence)]),
    });
    expect(phone.seen.at(-1)).toBe('abort');
    expect(closed).toBe(true);
  });
});

describe('errors in the middle', () => {
  it('of a write: both statuses are taken, and the agent is usable', async () => {
    const { agent, phone } = memoryPhone({ writeChunk: { at: 0x20000, statuses: [0xc0040030, 0xc0010001] } });
    await expect(agent.write(user(0, NOISE.length), inPieces(NOISE, 4096))).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      stage: 'write',
      evidence: expect.arrayContaining([
        expect.stringContaining('0xC0040030 MMC_ERROR'),
        expect.stringContaining('final status 0xC0010001 ERROR'),
      ]),
    });
    expect(await collect(agent, 0, 100)).toEqual(NOISE.subarray(0, 100));
    expect(phone.seen).toContain('write error');
  });

  it('of a write: the final status alone', async () => {
    const { agent } = memoryPhone({ writeFinal: 0xc002000c });
    await expect(agent.write(user(0, 512), inPieces(NOISE.subarray(0, 512), 512))).rejects.toMatchObject({
      code: 'SECURITY_REFUSED',
    });
    await agent.erase(user(0, 512));
  });

  it('of a read: what came before is given, then the error with the place', async () => {
    const { agent } = memoryPhone({ readPacket: { at: 0x10000, statuses: [0xc0040030, 0xc0040030] } });
    let got = 0;
    const reading = async () => {
      for await (const packet of agent.read(user(0x1000, MIB))) got += packet.length;
    };
    await expect(reading()).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      evidence: expect.arrayContaining([expect.stringContaining('before the failure at 0x11000')]),
    });
    expect(got).toBe(0x10000);
    await agent.erase(user(0, 512));
  });

  it('a packet larger than what was asked for loses the conversation', async () => {
    const port = new ProgrammedPort(async (device) => {
      await device.takeWord();
      device.giveWord(0);
      await device.take();
      device.giveWord(0, 0);
      device.give(new Uint8Array(1025));
    });
    const agent = agentOn(port);
    await expect(agent.read(user(0, 1024)).next()).rejects.toMatchObject({ code: 'AGENT_OUT_OF_STEP' });
    await expect(agent.reboot('normal')).rejects.toMatchObject({ code: 'AGENT_OUT_OF_STEP' });
  });

  it('a phone that leaves during a write', async () => {
    const port = new ProgrammedPort(async (device) => {
      await device.takeWord();
      device.giveWord(0);
      await device.take();
      device.giveWord(0);
      device.leave();
    });
    await expect(agentOn(port).write(user(0, 512), inPieces(NOISE.subarray(0, 512), 512))).rejects.toMatchObject({
      code: 'PHONE_GONE',
      stage: 'write',
    });
  });
});

describe('places that do not exist', () => {
  it.each([
    ['EXTENT_INVALID', { region: 'user', start: 4 * MIB - 512, length: 1024 }],
    ['EXTENT_INVALID', { region: 'user', start: -512, length: 512 }],
    ['EXTENT_INVALID', { region: 'user', start: 0, length: 0 }],
    ['EXTENT_INVALID', { region: 'user', start: 0, length: Number.NaN }],
    ['EXTENT_INVALID', { region: 'lu2', start: 0, length: 512 }],
    ['REGION_UNREACHABLE', { region: 'rpmb', start: 0, length: 512 }],
  ] as const)('%s is said before anything is sent: %o', async (code, extent) => {
    const { agent, phone } = memoryPhone();
    await expect(agent.read(extent).next()).rejects.toMatchObject({ code });
    await expect(agent.write(extent, inPieces(NOISE, 512))).rejects.toMatchObject({ code });
    await expect(agent.erase(extent)).rejects.toMatchObject({ code });
    expect(phone.seen).toEqual([]);
  });

  it('a write or erase starts at a block', async () => {
    const { agent } = memoryPhone();
    await expect(agent.write(user(100, 512), inPieces(NOISE, 512))).rejects.toMatchObject({ code: 'EXTENT_INVALID' });
    await expect(agent.erase(user(100, 512))).rejects.toMatchObject({ code: 'EXTENT_INVALID' });
  });

  it('a preloader that does not fit', async () => {
    const { agent } = memoryPhone();
    await expect(agent.writePreloader(new Uint8Array(0x400000))).rejects.toMatchObject({ code: 'EXTENT_INVALID' });
    await expect(agent.writePreloader(new Uint8Array(0))).rejects.toMatchObject({ code: 'EXTENT_INVALID' });
  });
});

describe('the rest', () => {
  it('the preloader goes by name', async () => {
    const port = new ScriptedPort(pick(BRING_UP, 'preloader'));
    const seen: number[] = [];
    const agent = agentOn(port, { agentProof: 'link' });
    const result = await agent.writePreloader(pattern(600, 11, 2), { onBytes: (bytes) => seen.push(bytes) });
    expect(result).toEqual({ bytes: 600, agentProof: 'link', regions: ['boot1'] });
    expect(seen).toEqual([600]);
    port.expectDone();
  });

  it.each([
    ['normal', 'reboot'],
    ['power-off', 'power off'],
  ] as const)('reboot %s sends 24 bytes', async (target, name) => {
    const port = new ScriptedPort(pick(BRING_UP, name));
    await agentOn(port).reboot(target);
    port.expectDone();
  });

  it('a phone that leaves before it has answered the reboot has done what was asked', async () => {
    const port = new ProgrammedPort(async (device) => {
      await device.takeWord();
      device.giveWord(0);
      await device.take();
      device.leave();
    });
    await agentOn(port).reboot('normal');
  });

  it('two calls at a time are refused', async () => {
    const { agent } = memoryPhone();
    const reading = agent.read(user(0, MIB));
    await reading.next();
    await expect(agent.erase(user(0, 512))).rejects.toMatchObject({ code: 'AGENT_BUSY' });
    await reading.return();
    await agent.erase(user(0, 512));
  });

  it('a partition table is looked for in the user area', async () => {
    const { agent, phone } = memoryPhone();
    await expect(agent.readPartitionTable()).rejects.toMatchObject({ code: expect.stringMatching(/TABLE/) });
    expect(phone.seen[0]).toMatch(/^read 0x/);
  });
});
