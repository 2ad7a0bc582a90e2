import type { Agent } from '@unbrick/core';
import { CATALOGUE, type CatalogueEntry } from '@unbrick/core/explain';
import { XflashStatus } from '@unbrick/core/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, failureOf, plugIn } from './running-agent.js';
import { smallPhone } from './scenarios/on-the-phone.js';
import { explanationsIn, faultsOfTelling, shown } from './what-users-see.js';

/** Every status word of XFlash agents that the catalogue lists, from a phone that answers with it. */

const PROFILE = smallPhone('mt6765-emmc');
const FIRST_FAILURE = 0x80000000;
const ALL = CATALOGUE.filter(({ family }) => family === 'xflash') as (CatalogueEntry & { code: number })[];
/** Words without the top bit tell progress; no command ends with them. */
const WORDS = ALL.filter(({ code }) => code >= FIRST_FAILURE);

/** The program's own code for a word that ends a write. */
function ownCodeOf(code: number): string {
  switch (code) {
    case XflashStatus.NO_GPT:
    case XflashStatus.READ_PARTITION_TABLE_FAILED:
      return 'PARTITION_TABLE_NEEDED';
    case XflashStatus.CHECKSUM_ERROR:
      return 'DATA_DAMAGED_ON_THE_WAY';
    case XflashStatus.IMAGE_TOO_LARGE:
      return 'IMAGE_TOO_LARGE';
    case XflashStatus.INVALID_STORAGE:
      return 'STORAGE_MISMATCH';
  }
  if (code >>> 16 === 0xc002) return 'SECURITY_REFUSED';
  const driver = code === XflashStatus.EMMC_ERROR || code === XflashStatus.UFS_ERROR || code >>> 4 === 0xc004004;
  return driver ? 'STORAGE_FAILED' : 'AGENT_REFUSED';
}

const extent = { region: 'user', start: 0, length: 512 } as const;
async function* oneBlock() {
  yield new Uint8Array(512);
}

function expectTold(error: Awaited<ReturnType<typeof failureOf>>, code: number): void {
  expect(error.evidence.join('\n')).toContain(`0x${code.toString(16).toUpperCase()}`);
  expect(faultsOfTelling(error)).toEqual([]);
  const keys = explanationsIn(shown(error)).map(({ key }) => key);
  expect(ALL.filter((entry) => entry.code === code && !keys.includes(entry.key)).map(({ key }) => key)).toEqual([]);
}

describe('status words of XFlash agents', () => {
  let bench: Bench;
  let agent: Agent;
  beforeAll(async () => {
    bench = await plugIn(PROFILE, 'preloader');
    agent = await bench.start();
  });
  afterAll(() => bench.close());

  const answering = async (command: string, from: number, status: number, work: () => Promise<unknown>) => {
    bench.faults.answers = [{ command, from, status }];
    try {
      return await failureOf(work());
    } finally {
      bench.faults.answers = [];
    }
  };

  it.each(WORDS.map(({ key, code }): [string, number] => [key, code]))('%s', async (_, code) => {
    const error = await answering('WRITE_DATA', 2, code, () => agent.write(extent, oneBlock()));
    expect(error).toMatchObject({ code: ownCodeOf(code), stage: 'write' });
    expectTold(error, code);
  });

  it.each([
    ['at the command', 1],
    ['for a chunk', 3],
    ['when all data have come', 4],
  ])('leave the agent usable: %s', async (_, from) => {
    const error = await answering('WRITE_DATA', from, XflashStatus.EMMC_ERROR, () => agent.write(extent, oneBlock()));
    expect(error).toMatchObject({ code: 'STORAGE_FAILED', stage: 'write' });
    await agent.write(extent, oneBlock());
  });

  it('end a read in place of its data', async () => {
    const read = async () => {
      for await (const _ of agent.read(extent));
    };
    const error = await answering('READ_DATA', 3, XflashStatus.EMMC_ERROR, read);
    expect(error).toMatchObject({ code: 'STORAGE_FAILED' });
    expectTold(error, XflashStatus.EMMC_ERROR);
    await read();
  });

  it('end an erase', async () => {
    const error = await answering('FORMAT', 3, XflashStatus.EMMC_ERROR, () => agent.erase(extent));
    expect(error).toMatchObject({ code: 'STORAGE_FAILED', stage: 'erase' });
    expectTold(error, XflashStatus.EMMC_ERROR);
    await agent.erase(extent);
  });
});

describe('status words of an agent that starts', () => {
  it.each([
    ['INIT_EXT_RAM', 2, XflashStatus.DRAM_VERSION_MISMATCH, 'EMI_VERSION_MISMATCH', 'dram'],
    ['INIT_EXT_RAM', 2, XflashStatus.EMI_TOO_MANY_RECORDS, 'DRAM_SETUP_FAILED', 'dram'],
    ['INIT_EXT_RAM', 2, XflashStatus.DRAM_SETUP_FAILED, 'DRAM_SETUP_FAILED', 'dram'],
    ['INIT_EXT_RAM', 2, XflashStatus.DRAM_TEST_FAILED, 'DRAM_SETUP_FAILED', 'dram'],
    ['BOOT_TO', 2, XflashStatus.DA_HASH_MISMATCH, 'AGENT_STAGE2_REFUSED', 'agent'],
    ['BOOT_TO', 2, XflashStatus.PROTOCOL_BUFFER_OVERFLOW, 'AGENT_REFUSED', 'agent'],
    ['BOOT_TO', 2, 0xc0070001, 'AGENT_STAGE2_REFUSED', 'agent'],
    ['SETUP_ENVIRONMENT', 1, XflashStatus.PROTOCOL_ERROR, 'AGENT_REFUSED', 'agent'],
    ['SETUP_HW_INIT_PARAMS', 1, XflashStatus.ERROR, 'AGENT_REFUSED', 'agent'],
    ['GET_CONNECTION_AGENT', 1, XflashStatus.UNSUPPORTED_CTRL_CODE, 'AGENT_REFUSED', 'agent'],
    ['GET_EMMC_INFO', 2, XflashStatus.EMMC_ERROR, 'STORAGE_NOT_FOUND', 'agent'],
  ])('%s, status %i: 0x%i is %s', async (command, from, status, code, stage) => {
    const bench = await plugIn(PROFILE, 'brom', { answers: [{ command, from, status }] });
    const error = await failureOf(bench.start());
    await bench.close();
    expect(error).toMatchObject({ code, stage });
    expectTold(error, status);
  });
});
