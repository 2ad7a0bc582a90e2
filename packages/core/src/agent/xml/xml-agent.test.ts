import { describe, expect, it } from 'vitest';
import { Link } from '../../link/link.js';
import { buildGpt } from '../../storage/build-gpt.js';
import type { StorageInfo } from '../../storage/storage.js';
import { concat } from '../../wire/index.js';
import { pattern } from '../frames/testing/frame-bytes.fixture.js';
import { XmlConversation } from './conversation.js';
import { memoryPhone, type Troubles } from './testing/memory-phone.fixture.js';
import { argument, textPort } from './testing/text-device.fixture.js';
import { XmlChannel } from './text-channel.js';
import { XmlAgent } from './xml-agent.js';

const MIB = 1 << 20;
const STORAGE: StorageInfo = {
  kind: 'ufs',
  blockSize: 4096,
  regions: new Map([
    ['lu0', 4 * MIB],
    ['lu1', 4 * MIB],
    ['lu2', 4 * MIB],
  ]),
  id: new Uint8Array(0),
};

function phone(troubles: Troubles = {}, packetLength = 0x10000) {
  const device = memoryPhone(4 * MIB, packetLength, troubles);
  const talk = new XmlConversation(new XmlChannel(new Link(device.port)));
  return { ...device, agent: new XmlAgent(talk, { version: 'test', storage: STORAGE, agentProof: 'none' }) };
}

const lu2 = (start: number, length: number) => ({ region: 'lu2' as const, start, length });

async function collect(data: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of data) all.push(piece.slice());
  return concat(...all);
}

/** `toEqual` takes seconds for such arrays. */
function expectSame(seen: Uint8Array, wanted: Uint8Array): void {
  expect(seen.length).toBe(wanted.length);
  expect(seen.findIndex((byte, i) => byte !== wanted[i])).toBe(-1);
}

async function* pieces(data: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < data.length; start += length) yield data.subarray(start, start + length);
}

describe('reading', () => {
  it('gives the bytes, in the agent’s packets', async () => {
    const { agent, memory, seen } = phone();
    memory.set(pattern(0x28000, 7, 3), 0x1000);
    const done: number[] = [];
    const data = await collect(agent.read(lu2(0x1000, 0x28000), { onBytes: (bytes) => done.push(bytes) }));
    expectSame(data, pattern(0x28000, 7, 3));
    expect(done).toEqual([0x10000, 0x20000, 0x28000]);
    expect(seen).toEqual(['READ-FLASH UFS-LUA2 0x1000', 'end OK']);
  });

  it.each([
    [0x800, 0x800],
    [0x1234, 0x11111],
    [0x1fff, 2],
    [4 * MIB - 1, 1],
  ])('asks for whole blocks and gives what was wanted: %i + %i', async (start, length) => {
    const { agent, memory } = phone({}, 0x1800);
    memory.set(pattern(0x20000, 11, 5));
    expectSame(await collect(agent.read(lu2(start, length))), memory.subarray(start, start + length));
  });

  it('can be left early, and the agent goes on', async () => {
    const { agent, seen } = phone();
    for await (const _ of agent.read(lu2(0, 0x40000))) break;
    await agent.erase(lu2(0, 0x1000));
    expect(seen).toEqual(['READ-FLASH UFS-LUA2 0x0', 'end ERR', 'ERASE-FLASH UFS-LUA2 0x0', 'end OK']);
  });

  it('a bad place on the chip is told with how far it came', async () => {
    const { agent } = phone({ readPacket: { at: 0x10000, message: '' } });
    await expect(collect(agent.read(lu2(0, 0x40000)))).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      evidence: expect.arrayContaining([expect.stringContaining('after 65536 of 262144 bytes')]),
    });
    await agent.erase(lu2(0, 0x1000));
  });
});

describe('writing', () => {
  it.each([[false], [true]])('stores the bytes, in chunks of the agent’s size (checksums: %s)', async (checksum) => {
    const { agent, memory, seen } = phone({ checksum });
    const image = pattern(0x28003, 13, 1);
    const done: number[] = [];
    const result = await agent.write(lu2(0x3000, image.length), pieces(image, 1000), {
      onBytes: (bytes) => done.push(bytes),
    });
    expect(result).toEqual({ bytes: image.length, agentProof: 'none' });
    expectSame(memory.subarray(0x3000, 0x3000 + image.length), image);
    expect(memory[0x2fff]).toBe(0xee);
    expect(done).toEqual([0x10000, 0x20000, 0x28003]);
    expect(seen).toEqual(['WRITE-FLASH UFS-LUA2 0x3000', 'end OK']);
  });

  it.each([
    ['in the middle', { writeChunk: { at: 0x10000, message: '' } }],
    ['at the end', { atEnd: { command: 'WRITE-FLASH', message: '' } }],
  ])('an error of the chip %s is named, and the agent goes on', async (_, troubles) => {
    const { agent } = phone(troubles);
    const image = pattern(0x20000, 1, 1);
    await expect(agent.write(lu2(0, image.length), pieces(image, 5000))).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      stage: 'write',
    });
    await agent.erase(lu2(0, 0x1000));
  });

  it.each([
    ['too short', 0x1000, 0xfff],
    ['too long', 0x1000, 0x1001],
  ])('a source that is %s', async (_, announced, real) => {
    const { agent, seen } = phone();
    await expect(agent.write(lu2(0, announced), pieces(new Uint8Array(real), 512))).rejects.toMatchObject({
      code: 'SOURCE_LENGTH_WRONG',
    });
    await agent.erase(lu2(0, 0x1000));
    expect(seen.slice(0, 2)).toEqual(['WRITE-FLASH UFS-LUA2 0x0', 'end ERR']);
  });

  it('a source that fails at once leaves no trace on the phone', async () => {
    const { agent, seen } = phone();
    // biome-ignore lint/correctness/useYield: it fails before
    async function* broken(): AsyncGenerator<Uint8Array> {
      throw new Error('no such file');
    }
    await expect(agent.write(lu2(0, 0x1000), broken())).rejects.toThrow('no such file');
    expect(seen).toEqual([]);
  });

  it('a soft stop takes effect at the next chunk', async () => {
    const { agent, seen } = phone();
    const stop = new AbortController();
    const onBytes = () => stop.abort(new Error('enough'));
    const image = new Uint8Array(0x40000);
    await expect(
      agent.write(lu2(0, image.length), pieces(image, 5000), { onBytes, stop: stop.signal }),
    ).rejects.toThrow('enough');
    await agent.erase(lu2(0, 0x1000));
    expect(seen).toEqual(['WRITE-FLASH UFS-LUA2 0x0', 'end ERR', 'ERASE-FLASH UFS-LUA2 0x0', 'end OK']);
  });

  it('the preloader goes by its name', async () => {
    const { agent, seen, memory } = phone();
    const file = pattern(0x12345, 3, 7);
    expect(await agent.writePreloader(file)).toEqual({ bytes: file.length, agentProof: 'none', regions: ['lu0'] });
    expect(seen).toEqual(['WRITE-PARTITION preloader 0x0', 'end OK']);
    expectSame(memory.subarray(0, file.length), file);
    await expect(agent.writePreloader(new Uint8Array(4 * MIB))).rejects.toMatchObject({ code: 'EXTENT_INVALID' });
    await expect(agent.writePreloader(file, { stop: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    expect(seen).toHaveLength(2);
  });
});

describe('erasing', () => {
  it('tells the agent’s percent as bytes', async () => {
    const { agent, memory } = phone();
    const done: number[] = [];
    await agent.erase(lu2(0x1000, 0x4000), { onBytes: (bytes) => done.push(bytes) });
    expect(done).toEqual([0, 0x2000, 0x4000, 0x4000]);
    expect([memory[0xfff], memory[0x1000], memory[0x4fff], memory[0x5000]]).toEqual([0xee, 0, 0, 0xee]);
  });
});

describe('places that do not exist', () => {
  it.each([
    [lu2(4 * MIB, 4096)],
    [lu2(4 * MIB - 4096, 8192)],
    [lu2(-4096, 4096)],
    [lu2(0, 0)],
    [lu2(100, 4096)],
    [{ region: 'user' as const, start: 0, length: 4096 }],
  ])('nothing is sent for %j', async (extent) => {
    const { agent, seen } = phone();
    const invalid = expect.objectContaining({ code: 'EXTENT_INVALID' });
    await expect(agent.write(extent, pieces(new Uint8Array(4096), 4096))).rejects.toEqual(invalid);
    await expect(agent.erase(extent)).rejects.toEqual(invalid);
    if (extent.start !== 100) await expect(collect(agent.read(extent))).rejects.toEqual(invalid);
    expect(seen).toEqual([]);
  });
});

describe('the partition table', () => {
  const LIST =
    '<partition_table version="1.0"><pt><name>boot_a</name><start>0x100000</start><size>0x1000</size></pt></partition_table>\0';

  function listing(list: string, readFails: string | undefined) {
    const notes: string[] = [];
    const port = textPort(async (device) => {
      for (;;) {
        const command = await device.command();
        device.say('OK');
        if (command.includes('READ-PARTITION-TABLE')) {
          await device.giveFile(argument(command, 'target_file'), new TextEncoder().encode(list));
          await device.end();
        } else if (readFails !== undefined) {
          await device.end('ERR', readFails);
        } else {
          const length = Number(argument(command, 'length'));
          await device.giveFile(argument(command, 'target_file'), new Uint8Array(length), 0x1000);
          await device.end();
        }
      }
    });
    const talk = new XmlConversation(new XmlChannel(new Link(port)));
    const onNote = (note: string) => notes.push(note);
    return { agent: new XmlAgent(talk, { version: '', storage: STORAGE, agentProof: 'none', onNote }), notes };
  }

  it('comes from the storage', async () => {
    const { agent, memory } = phone();
    const gpt = buildGpt([{ name: 'boot_a', start: 0x100000, length: 0x8000 }], 4 * MIB, 4096);
    memory.set(gpt.primary, 0);
    expect((await agent.readPartitionTable()).partitions).toMatchObject([{ name: 'boot_a', region: 'lu2' }]);
  });

  it.each([
    ['when the storage has none that is known', undefined],
    ['when the phone does not let it be read', 'Security deny for [UFS-LUA2].'],
  ])('comes from the agent’s list %s', async (_, readFails) => {
    const { agent, notes } = listing(LIST, readFails);
    expect(await agent.readPartitionTable()).toMatchObject({
      source: 'the agent’s partition list',
      partitions: [{ name: 'boot_a', start: 0x100000, length: 0x1000 }],
    });
    expect(notes.join()).toContain('own list');
  });

  it('is missing when both say so', async () => {
    const { agent } = listing('<partition_table version="1.0"></partition_table>\0', undefined);
    await expect(agent.readPartitionTable()).rejects.toMatchObject({ code: 'NO_PARTITION_TABLE' });
  });
});

describe('the end', () => {
  it.each([
    ['normal', 'IMMEDIATE'],
    ['power-off', 'DISCONNECT'],
  ] as const)('%s', async (target, action) => {
    const port = textPort(async (device) => {
      expect(argument(await device.command(), 'action')).toBe(action);
      device.say('OK');
      await device.end();
      device.raw.leave();
    });
    const agent = new XmlAgent(new XmlConversation(new XmlChannel(new Link(port))), {
      version: '',
      storage: STORAGE,
      agentProof: 'none',
    });
    await agent.reboot(target);
    await port.finished;
  });

  it('a boot mode for the next start', async () => {
    const port = textPort(async (device) => {
      expect(argument(await device.command(), 'mode')).toBe('FASTBOOT');
      device.say('OK');
      await device.end();
    });
    const talk = new XmlConversation(new XmlChannel(new Link(port)));
    await new XmlAgent(talk, { version: '', storage: STORAGE, agentProof: 'none' }).setBootMode('FASTBOOT');
    await port.finished;
  });
});

it('one call at a time', async () => {
  const { agent } = phone();
  const reading = agent.read(lu2(0, 0x20000));
  await reading.next();
  await expect(agent.erase(lu2(0, 4096))).rejects.toMatchObject({ code: 'AGENT_BUSY' });
  await reading.return();
  await agent.erase(lu2(0, 4096));
});
