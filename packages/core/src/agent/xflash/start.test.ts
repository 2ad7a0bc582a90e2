import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeviceIdentity } from '../../bootrom/identity.js';
import type { EmiTable } from '../../firmware/emi-table.js';
import { Link } from '../../link/link.js';
import { framed, logFrame, pattern, type Step, word } from '../frames/testing/frame-bytes.fixture.js';
import { ScriptedPort } from '../frames/testing/scripted-port.fixture.js';
import type { AgentStartOptions } from '../start.js';
import { startXflash, startXflashAgent, type XflashStartOptions } from './start.js';
import { parseExchanges, pick } from './testing/exchanges.fixture.js';

const EXCHANGES = new Map(
  ['./fixtures/bring-up.txt', './fixtures/genuine-mt6765.txt'].flatMap((file) => [
    ...parseExchanges(readFileSync(new URL(file, import.meta.url), 'utf8')),
  ]),
);

const STAGE1 = ['start', 'reset key', 'checksum level 0'];
const STAGE2 = ['stage 2 sent', 'stage 2 accepted', 'stage 2 ready'];
/** SLA, RAM, eMMC, chip, USB speed, packet length: the recorded answers of a genuine MT6765 agent. */
const QUERIES = ['info 18', 'info 5', 'info 1', 'info 6', 'info 10', 'info 8'];

const EMI: EmiTable = {
  version: 35,
  itemSize: 128,
  fileName: 'preloader_k65.bin',
  blob: pattern(256, 3, 1),
  list: new Uint8Array(0),
  entries: [
    {
      bytes: new Uint8Array(0),
      storageClass: 2,
      dramKind: 5,
      id: Uint8Array.from([0x15, 0x01, 0x00, ...new TextEncoder().encode('DD68MB')]),
      firmwareId: new Uint8Array(0),
      ramSize: 0x80000000,
    },
  ],
};

function options(more: Partial<XflashStartOptions> = {}): XflashStartOptions {
  return {
    identity: { stage: 'brom', hwCode: 0x0766 } as DeviceIdentity,
    image: {
      fileName: 'MTK_AllInOne_DA.bin',
      description: 'MTK_AllInOne_DA_v3.3001.2020/07/07.10:10_513994',
      stage1: { bytes: new Uint8Array(0), address: 0x200000, signatureLength: 0x100 },
      // The signature stays here: only the first 1024 bytes are sent.
      stage2: { bytes: pattern(1024 + 256, 5, 9), address: 0x40000000, signatureLength: 256 },
    },
    emi: EMI,
    ...more,
  };
}

function phone(...names: (string | Step)[]): { port: ScriptedPort; link: Link } {
  const steps = names.flatMap((name) => (typeof name === 'string' ? pick(EXCHANGES, name) : [name]));
  const port = new ScriptedPort(steps, 61);
  return { port, link: new Link(port) };
}

/** The failure of a start whose phone falls silent at the end of its script. */
async function failure(link: Link, start: AgentStartOptions = options()): Promise<unknown> {
  const started = startXflashAgent(link, start).then(
    () => 'started',
    (error: unknown) => error,
  );
  await vi.advanceTimersByTimeAsync(120_000);
  return started;
}

describe('startXflashAgent', () => {
  it('from BROM: memory, stage 2, and the storage of the phone', async () => {
    const { port, link } = phone(...STAGE1, 'agent brom', 'memory sent', 'memory ok', ...STAGE2, ...QUERIES);
    const progress: string[] = [];
    const notes: string[] = [];
    const agent = await startXflashAgent(
      link,
      options({
        onProgress: (phase, bytes, total) => progress.push(`${phase} ${bytes}/${total}`),
        onNote: (note) => notes.push(note),
      }),
    );
    port.expectDone();
    expect(progress).toEqual(['dram 0/256', 'dram 256/256', 'agent-upload 0/1024', 'agent-upload 1024/1024']);
    expect(agent.generation).toBe('xflash');
    expect(agent.version).toContain('2020/07/07');
    expect(agent.storage.kind).toBe('emmc');
    expect(agent.storage.blockSize).toBe(512);
    expect([...agent.storage.regions]).toEqual([
      ['boot1', 0x400000],
      ['boot2', 0x400000],
      ['rpmb', 0x400000],
      ['user', 0x1d2000000],
    ]);
    expect(agent.storage.id.length).toBe(16);
    expect(agent.storage.id.subarray(0, 3)).toEqual(Uint8Array.of(0x15, 0x01, 0x00));
    expect(agent.storage.ramSize).toBe(0x3f000000);
    expect(notes).toEqual([expect.stringContaining('full speed')]);
  });

  it('from a preloader: the memory is on already, and log frames may come anywhere', async () => {
    const chatter: Step = { from: 'agent', bytes: logFrame('stage 2 says hello\r\n') };
    const { port, link } = phone(
      ...STAGE1,
      'agent preloader',
      'stage 2 sent',
      'stage 2 accepted',
      chatter,
      'stage 2 ready',
      chatter,
      ...QUERIES,
    );
    const { emi: _, ...withoutEmi } = options();
    await startXflashAgent(link, withoutEmi);
    port.expectDone();
  });

  it('sets the checksum level that was asked for', async () => {
    const { port, link } = phone('start', 'reset key', 'checksum level 1', 'agent preloader', ...STAGE2, ...QUERIES);
    await startXflash(link, options({ checksumLevel: 1 }));
    port.expectDone();
  });

  it('says that a phone on BROM needs a preloader file, before anything more is sent', async () => {
    const { port, link } = phone(...STAGE1, 'agent brom');
    const { emi: _, ...withoutEmi } = options();
    await expect(startXflashAgent(link, withoutEmi)).rejects.toMatchObject({
      code: 'EMI_TABLE_MISSING',
      stage: 'dram',
    });
    port.expectDone();
  });

  it('names a memory table of another version', async () => {
    const { link } = phone(...STAGE1, 'agent brom', 'memory sent', 'memory version differs');
    await expect(startXflashAgent(link, options())).rejects.toMatchObject({
      code: 'EMI_VERSION_MISMATCH',
      stage: 'dram',
      evidence: [
        'memory table v35 of preloader_k65.bin, 1 memory chips',
        expect.stringContaining('0xC0040050 EMI_SETTING_VERSION_ERROR'),
      ],
    });
  });

  it('names a stage 2 that stage 1 does not accept', async () => {
    const { link } = phone(...STAGE1, 'agent preloader', 'stage 2 sent', 'stage 2 refused');
    await expect(startXflashAgent(link, options())).rejects.toMatchObject({
      code: 'AGENT_STAGE2_REFUSED',
      stage: 'agent',
      evidence: expect.arrayContaining([expect.stringContaining('0xC0070004 DA_HASH_MISMATCH')]),
    });
  });

  it('stops when the phone wants the maker’s key', async () => {
    const enabled = pick(EXCHANGES, 'info 18').slice(0, 3);
    const { link } = phone(
      ...STAGE1,
      'agent preloader',
      ...STAGE2,
      ...enabled,
      ...[word(0), word(1), word(0)].map((bytes): Step => ({ from: 'agent', bytes })),
    );
    await expect(startXflashAgent(link, options())).rejects.toMatchObject({ code: 'SLA_REQUIRED' });
  });

  it('refuses a start byte that is none', async () => {
    const { link } = phone({ from: 'agent', bytes: Uint8Array.of(0x5a) });
    await expect(startXflashAgent(link, options())).rejects.toMatchObject({
      code: 'AGENT_OUT_OF_STEP',
      evidence: ['the first byte is 0x5a, not 0xc0'],
    });
  });

  it('refuses a connection agent of a name nobody knows', async () => {
    const answer = pick(EXCHANGES, 'agent brom').map((step, i) =>
      i === 4 ? { ...step, bytes: framed(Uint8Array.of(0x78, 0x79, 0x7a)) } : step,
    );
    const { link } = phone(...STAGE1, ...answer);
    await expect(startXflashAgent(link, options())).rejects.toMatchObject({ code: 'AGENT_REPLY_INVALID' });
  });
});

describe('a phone that falls silent', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('from the start: the agent does not run', async () => {
    expect(await failure(phone().link)).toMatchObject({ code: 'AGENT_SILENT', stage: 'agent' });
  });

  it('in the middle of the start-up', async () => {
    const { link } = phone(...pick(EXCHANGES, 'start').slice(0, -1));
    expect(await failure(link)).toMatchObject({
      code: 'AGENT_SILENT',
      evidence: expect.arrayContaining([expect.stringContaining('the ready mark of stage 1')]),
    });
  });

  it('during memory set-up: no listed chip fits', async () => {
    const log: Step = { from: 'agent', bytes: logFrame('[EMI] setting failed\r\n') };
    const { link } = phone(...STAGE1, 'agent brom', 'memory sent', log);
    expect(await failure(link)).toMatchObject({
      code: 'DRAM_SETUP_FAILED',
      stage: 'dram',
      evidence: expect.arrayContaining([
        'the preloader knows: LPDDR4, eMMC MCP 150100444436384d42 "DD68MB", 2048 MiB',
        "the agent's log: [EMI] setting failed",
      ]),
      next: expect.arrayContaining([expect.stringContaining('preloader mode')]),
    });
  });

  it('after stage 2 was accepted: the storage does not answer', async () => {
    const { link } = phone(...STAGE1, 'agent preloader', 'stage 2 sent', 'stage 2 accepted');
    expect(await failure(link)).toMatchObject({ code: 'STORAGE_INIT_FAILED', stage: 'agent' });
  });
});
