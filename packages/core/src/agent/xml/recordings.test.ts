/** The host's side of recorded conversations, byte for byte. */
import { afterEach, describe, expect, it } from 'vitest';
import { pattern, type Step } from '../frames/testing/frame-bytes.fixture.js';
import type { ScriptedPort } from '../frames/testing/scripted-port.fixture.js';
import {
  getDevFwInfo,
  getHwInfo,
  memoryFile,
  readFlash,
  readPartitionTable,
  reboot,
  writeFlash,
  writePartition,
} from './command-text.js';
import type { XmlConversation } from './conversation.js';
import { fetchText } from './replies.js';
import { ASKED, collect, failureOf, replay, source } from './testing/host.fixture.js';
import { loadTalks, pickTalks } from './testing/talk.fixture.js';

const TALKS = loadTalks('conversations.txt');
const GENUINE = loadTalks('genuine-mt6895.txt');

const ports: ScriptedPort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.expectDone();
});

function host(steps: Step[]): XmlConversation {
  const { talk, port } = replay(steps);
  ports.push(port);
  return talk;
}

describe('recorded conversations', () => {
  it('a read in two packets', async () => {
    const talk = host(pickTalks(TALKS, 'read'));
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
    await host(pickTalks(TALKS, 'write')).do(writeFlash('UFS-LUA2', 0x8000000, path), {
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
    await host(pickTalks(TALKS, 'write a partition, with checksums')).do(writePartition('boot_a', path), desk);
  });

  it.each([
    ['unknown command', getDevFwInfo(memoryFile(0x200000)), 'AGENT_COMMAND_UNKNOWN', 'Unsupported command.'],
    ['unknown partition', writePartition('nosuch', 'D:/fw/boot.img'), 'AGENT_REFUSED', 'Cannot find [nosuch] info'],
  ])('%s: refused, and the agent is usable again', async (name, command, code, message) => {
    const talk = host(pickTalks(TALKS, name, 'restart'));
    const failure = await failureOf(talk.do(command, ASKED));
    expect(failure).toMatchObject({ code, stage: 'write' });
    expect(failure.evidence.join()).toContain(message);
    await talk.do(reboot('IMMEDIATE'), ASKED);
  });

  it('a refused chunk without a message is an error of the storage, told with the place', async () => {
    const path = 'D:/fw/boot.img';
    const talk = host(pickTalks(TALKS, 'checksum refused', 'restart'));
    const desk = { ...ASKED, ...source(path, pattern(6, 7, 3)) };
    const failure = await failureOf(talk.do(writePartition('boot_a', path), desk));
    expect(failure).toMatchObject({ code: 'STORAGE_FAILED' });
    expect(failure.evidence.join()).toContain('"ERR" at byte 0');
    await talk.do(reboot('IMMEDIATE'), ASKED);
  });

  it('a soft stop before the first chunk', async () => {
    const path = 'D:/fw/boot.img';
    const talk = host(pickTalks(TALKS, 'write cancelled', 'restart'));
    const stop = AbortSignal.abort(new Error('enough'));
    const desk = { ...ASKED, ...source(path, pattern(0x80006, 7, 3)), stop };
    await expect(talk.do(writePartition('boot_a', path), desk)).rejects.toThrow('enough');
    await talk.do(reboot('IMMEDIATE'), ASKED);
  });
});

describe('a genuine agent', () => {
  it('answers in texts that are understood', async () => {
    const talk = host(pickTalks(GENUINE, 'GET-HW-INFO', 'READ-PARTITION-TABLE', 'SECURITY-GET-DEV-FW-INFO'));
    expect(await fetchText(talk, getHwInfo, ASKED)).toContain('<lua2_size>0x1d2000000</lua2_size>');
    expect(await fetchText(talk, readPartitionTable, ASKED)).toContain('<partition_table version="1.0">');
    const failure = await failureOf(fetchText(talk, getDevFwInfo, ASKED));
    expect(failure).toMatchObject({ code: 'AGENT_COMMAND_UNKNOWN' });
  });
});
