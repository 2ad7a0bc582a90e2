/** The host's side of conversations that were recorded from a genuine agent, byte for byte. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { Link } from '../../link/link.js';
import { XflashControl } from '../../wire/index.js';
import { pattern } from '../frames/testing/frame-bytes.fixture.js';
import { ScriptedPort } from '../frames/testing/scripted-port.fixture.js';
import { controlAction, controlGet, controlSet } from './device-control.js';
import { eraseTarget } from './erase.js';
import { XflashChannel } from './frame.js';
import { readTarget } from './read.js';
import type { FlashTarget } from './sections.js';
import { parseExchanges, pick } from './testing/exchanges.fixture.js';
import { downloadImage, writeTarget } from './write.js';

const GENUINE = parseExchanges(readFileSync(new URL('./fixtures/genuine-mt6765.txt', import.meta.url), 'utf8'));

const ports: ScriptedPort[] = [];
/** A host that talks to the named recordings; the transport cuts the agent's bytes in an unhandy way. */
function replay(...names: string[]): XflashChannel {
  const port = new ScriptedPort(pick(GENUINE, ...names), 1000);
  ports.push(port);
  return new XflashChannel(new Link(port));
}

afterEach(() => {
  for (const port of ports.splice(0)) port.expectDone();
});

const USER = { storage: 1, section: 8 };
const BOOT1 = { storage: 1, section: 1 };
const at = (section: { storage: number; section: number }, address: number, length: number): FlashTarget => ({
  ...section,
  address,
  length,
});

async function readAll(channel: XflashChannel, target: FlashTarget): Promise<{ data: Uint8Array; packets: number[] }> {
  const packets: Uint8Array[] = [];
  for await (const packet of readTarget(channel, target)) packets.push(packet);
  const data = Uint8Array.from(packets.flatMap((packet) => [...packet]));
  return { data, packets: packets.map(({ length }) => length) };
}

async function* pieces(data: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < data.length; start += length) yield data.subarray(start, start + length);
}

describe('queries', () => {
  it.each([
    ['info 1', XflashControl.GET_EMMC_INFO, 104],
    ['info 2', XflashControl.GET_UFS_INFO, 208],
    ['info 3', XflashControl.GET_NAND_INFO, 48],
    ['info 4', XflashControl.GET_NOR_INFO, 16],
    ['info 5', XflashControl.GET_RAM_INFO, 48],
    ['info 6', XflashControl.GET_CHIP_ID, 12],
    ['info 8', XflashControl.GET_PACKET_LENGTH, 8],
    ['info 10', XflashControl.GET_USB_SPEED, 10],
  ])('%s gives its data', async (name, control, size) => {
    const answer = await controlGet(replay(name), control, size);
    expect(answer).toMatchObject({ status: 0 });
    expect(answer.data?.length).toBe(size);
  });

  it.each([
    ['info 17', XflashControl.GET_EXPIRE_DATE],
    ['info 18', XflashControl.SLA_ENABLED_STATUS],
  ])('%s is not known to the agent', async (name, control) => {
    expect(await controlGet(replay(name), control)).toEqual({ status: 0xc0010004 });
  });

  it('a setting that only stage 1 has is refused before its parameter is sent', async () => {
    expect(await controlSet(replay('info 19'), XflashControl.SET_CHECKSUM_LEVEL, new Uint8Array(4))).toBe(0xc0010004);
  });

  it('an action', async () => {
    expect(await controlAction(replay('info 35'), XflashControl.CC_OPTIONAL_DOWNLOAD_ACT)).toBe(0);
  });
});

describe('reads', () => {
  it('one packet', async () => {
    const { data } = await readAll(replay('rdwr 2'), at(USER, 0x100000, 0x600));
    expect(data.length).toBe(0x600);
    expect([...data.subarray(0x200, 0x208)]).toEqual([0, 0x02, 0x10, 0, 0, 0, 0, 0]);
  });

  it('a length that is no multiple of a sector', async () => {
    expect((await readAll(replay('rdwr 3'), at(USER, 0x100000, 0x44))).data.length).toBe(0x44);
  });

  it('two packets of the agent’s size', async () => {
    const { data, packets } = await readAll(replay('rdwr 4'), at(USER, 0x200000, 0x18000));
    expect(packets).toEqual([0x10000, 0x8000]);
    expect([...data.subarray(0x10000, 0x10004)]).toEqual([0, 0, 0x21, 0]);
  });

  it('after writes by others', async () => {
    expect((await readAll(replay('wcheck1 2'), at(USER, 0x1000000, 0x600))).data).toEqual(pattern(0x600, 7, 3));
    expect((await readAll(replay('wcheck1 4'), at(USER, 0x1020000, 0x400))).data.subarray(0, 965)).toEqual(
      pattern(965, 5, 1),
    );
    expect((await readAll(replay('names 3'), at(USER, 0x800000, 0x400))).data.subarray(0, 600)).toEqual(
      pattern(600, 11, 2),
    );
  });

  it.each([
    ['rdwr 7', at({ storage: 1, section: 3 }, 0, 0x200), 'AGENT_REFUSED', '0xC003000C'],
    ['rdwr 8', at({ storage: 1, section: 10 }, 0, 0x200), 'AGENT_REFUSED', '0xC003000C'],
    ['rdwr 10', at({ storage: 0x30, section: 3 }, 0, 0x1000), 'STORAGE_MISMATCH', '0xC0030006'],
    ['rdwr 11', at({ storage: 0, section: 8 }, 0, 0x200), 'AGENT_REFUSED', '0xC0040009'],
    ['rdwr 12', at(USER, 0x1d2000000, 0x200), 'AGENT_REFUSED', '0xC004000B EXCEED_AVAILABLE_RANGE'],
    ['rdwr 13', at(BOOT1, 0x3ffe00, 0x400), 'AGENT_REFUSED', '0xC004000B'],
  ])('%s is refused and the agent is usable again', async (name, target, code, evidence) => {
    const channel = replay(name, 'info 35');
    const failure = await readAll(channel, target).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, stage: 'agent' });
    expect((failure as { evidence: string[] }).evidence.join()).toContain(evidence);
    expect(await controlAction(channel, XflashControl.CC_OPTIONAL_DOWNLOAD_ACT)).toBe(0);
  });
});

describe('writes', () => {
  it.each([
    ['rdwr 1', 0x100000, 0x600],
    ['rdwr 5', 0x300000, 0x3c5],
  ])('%s: the user area of a card without partition table', async (name, address, length) => {
    const channel = replay(name, 'info 35');
    const job = { data: pieces(pattern(length, 1, 1), 100), chunkLength: 512 };
    await expect(writeTarget(channel, at(USER, address, length), job)).rejects.toMatchObject({
      code: 'PARTITION_TABLE_NEEDED',
      stage: 'write',
      evidence: [expect.stringContaining('0xC0040007 READ_PT_FAIL')],
    });
    expect(await controlAction(channel, XflashControl.CC_OPTIONAL_DOWNLOAD_ACT)).toBe(0);
  });

  it.each([
    ['wcheck1 8', at(USER, 0x600000, 0x200)],
    ['wcheck1 9', at(BOOT1, 0, 0x200)],
    ['blank 1', at(BOOT1, 0, 0x200)],
    ['blank 7', at(USER, 0x1000000, 0x200)],
  ])('%s: one chunk', async (name, target) => {
    const seen: number[] = [];
    const onBytes = (bytes: number) => seen.push(bytes);
    await writeTarget(replay(name), target, { data: pieces(pattern(512, 3, 1), 7), chunkLength: 0x200000, onBytes });
    expect(seen).toEqual([512]);
  });

  it('a chunk that arrived damaged: both statuses are taken', async () => {
    const channel = replay('wcheck1 5', 'info 35');
    const job = { data: pieces(pattern(1024, 3, 1), 1024), chunkLength: 512 };
    await expect(writeTarget(channel, at(USER, 0x1040000, 0x400), job)).rejects.toMatchObject({
      code: 'DATA_DAMAGED_ON_THE_WAY',
      evidence: expect.arrayContaining([expect.stringContaining('0xC0040003 CHECKSUM_ERROR')]),
    });
    expect(await controlAction(channel, XflashControl.CC_OPTIONAL_DOWNLOAD_ACT)).toBe(0);
  });

  it('a stop between two chunks', async () => {
    const channel = replay('wcheck1 7', 'info 35');
    const stop = new AbortController();
    const job = {
      data: pieces(pattern(1024, 3, 1), 1024),
      chunkLength: 512,
      onBytes: () => stop.abort(new Error('enough')),
      stop: stop.signal,
    };
    await expect(writeTarget(channel, at(USER, 0x1040000, 0x400), job)).rejects.toThrow('enough');
    expect(await controlAction(channel, XflashControl.CC_OPTIONAL_DOWNLOAD_ACT)).toBe(0);
  });

  it('by name', async () => {
    const job = { data: pieces(pattern(600, 11, 2), 333), chunkLength: 512 };
    await downloadImage(replay('names 2'), 'logo', 600, job);
  });

  it('by name onto a blank card: only the partition table', async () => {
    const logo = { data: pieces(pattern(512, 3, 1), 512), chunkLength: 0x200000 };
    await expect(downloadImage(replay('blank 2'), 'logo', 512, logo)).rejects.toMatchObject({
      code: 'PARTITION_TABLE_NEEDED',
    });
    const table = { data: pieces(pattern(0x4400, 3, 1), 0x4400), chunkLength: 0x200000 };
    await downloadImage(replay('blank 5'), 'PGPT', 0x4400, table);
  });

  it('by name to no partition', async () => {
    const job = { data: pieces(pattern(600, 11, 2), 600), chunkLength: 512 };
    const failure = await downloadImage(replay('names 12'), 'nosuch', 600, job).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'AGENT_REFUSED' });
    expect((failure as { evidence: string[] }).evidence.join()).toContain('0xC0040006 PARTITION_NOT_FOUND');
  });

  it('an image larger than its partition fails at the very end', async () => {
    const half = pattern(0x80000, 1, 1);
    async function* data() {
      yield half;
      yield half;
      yield half.subarray(0, 0x200);
    }
    const job = { data: data(), chunkLength: 0x80000 };
    await expect(downloadImage(replay('names 13'), 'logo', 0x100200, job)).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
    });
  });
});

describe('erases', () => {
  it.each([
    ['fmt 2', at(USER, 0x100000, 0x100000)],
    ['fmt 4', at(USER, 0x1000000, 0x20000000)],
    ['fmt 8', at(USER, 0x100200, 0x200)],
  ])('%s', async (name, target) => {
    const seen: number[] = [];
    await eraseTarget(replay(name), target, { onBytes: (bytes) => seen.push(bytes) });
    expect(seen).toEqual([target.length]);
  });

  it.each([
    ['fmt 6', at(USER, 0x1d2000000, 0x100000), '0xC004000B', '0x40040005 COMPLETE'],
    ['fmt 7', at({ storage: 1, section: 3 }, 0, 0x100000), '0xC003000C', '0xC0030007'],
  ])('%s: a refused range is erased all the same, and its answers are taken', async (name, target, first, last) => {
    const channel = replay(name, 'info 35');
    const failure = await eraseTarget(channel, target).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'AGENT_REFUSED', stage: 'erase' });
    const [asked, wentOn] = (failure as { evidence: string[] }).evidence;
    expect(asked).toContain(first);
    expect(wentOn).toContain(last);
    expect(await controlAction(channel, XflashControl.CC_OPTIONAL_DOWNLOAD_ACT)).toBe(0);
  });
});
