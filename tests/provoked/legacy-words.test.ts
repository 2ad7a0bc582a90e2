import type { Agent } from '@unbrick/core';
import { CATALOGUE, type CatalogueEntry } from '@unbrick/core/explain';
import { LegacyError, LegacyNandError } from '@unbrick/core/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallNandProfile } from '../support/small-phone.js';
import { type Bench, failureOf, plugIn } from './running-agent.js';
import { smallPhone } from './scenarios/on-the-phone.js';
import { explanationsIn, faultsOfTelling, shown } from './what-users-see.js';

/** Every word of older Download Agents that the catalogue lists, from a phone that answers with it. */

/** In the library's numbering the agents have their own range, and their policies a part of another one. */
const AGENTS_OWN = [
  [3000, 3999],
  [6007, 6019],
] as const;
const KNOWN_BY_NAME = new Set<number>([...Object.values(LegacyError), ...Object.values(LegacyNandError)]);
const WORDS = CATALOGUE.filter(
  ({ family, code = 0 }) =>
    family === 'flash-tool-library' &&
    (KNOWN_BY_NAME.has(code) || AGENTS_OWN.some(([first, last]) => code >= first && code <= last)),
) as (CatalogueEntry & { code: number })[];

const DRIVER_FAILED =
  /_SDMMC_(READ|WRITE|CONFIG)_FAILED|_SDMMC_ERR_|_UFS_\w+_FAILED|_UFS_ERR_|_NAND_(PAGE_PROGRAM|SPARE_PROGRAM|ERASE|PAGE_READ)_FAILED|_NAND_BAD_BLOCK|_ECC_2BITS/;

/** The program's own code for a word that ends a write. */
function ownCodeOf(symbol: string): string {
  if (/_SECURITY_SF_|_PL_VALIDATION_/.test(symbol)) return 'SECURITY_REFUSED';
  if (symbol === 'S_DA_UART_DATA_CKSUM_ERROR') return 'DATA_DAMAGED_ON_THE_WAY';
  if (symbol === 'S_DA_INVALID_STORAGE_TYPE' || symbol === 'S_STORAGE_NOT_MATCH') return 'STORAGE_MISMATCH';
  return DRIVER_FAILED.test(symbol) ? 'STORAGE_FAILED' : 'AGENT_REFUSED';
}

const NAND = smallNandProfile();
const extent = { region: 'user', start: 0, length: 512 } as const;
async function* bytes(length: number) {
  yield new Uint8Array(length);
}

function expectTold(error: Awaited<ReturnType<typeof failureOf>>, code: number): void {
  expect(error.evidence.join('\n')).toContain(`${code} (0x${code.toString(16).toUpperCase()})`);
  expect(faultsOfTelling(error)).toEqual([]);
  const explained = explanationsIn(shown(error));
  expect(WORDS.filter((entry) => entry.code === code && !explained.includes(entry))).toEqual([]);
}

async function answering(bench: Bench, command: string, from: number, status: number, work: () => Promise<unknown>) {
  bench.faults.answers = [{ command, from, status }];
  try {
    return await failureOf(work());
  } finally {
    bench.faults.answers = [];
  }
}

describe('words of older agents', () => {
  let bench: Bench;
  let agent: Agent;
  beforeAll(async () => {
    bench = await plugIn(smallPhone('mt6735-emmc'), 'preloader');
    agent = await bench.start();
  });
  afterAll(() => bench.close());

  it.each(WORDS.map(({ symbol = '', code }): [string, number] => [symbol, code]))('%s', async (symbol, code) => {
    const error = await answering(bench, 'SDMMC_WRITE_DATA', 1, code, () => agent.write(extent, bytes(512)));
    expect(error).toMatchObject({ code: ownCodeOf(symbol), stage: 'write' });
    expectTold(error, code);
  });

  it('are found under the same names in the catalogue', () => {
    expect(WORDS.length).toBeGreaterThan(200);
    const explained = new Set(WORDS.map(({ code }) => code));
    expect([...KNOWN_BY_NAME].filter((word) => !explained.has(word))).toEqual([]);
  });

  it.each([
    ['SDMMC_SWITCH_PART', 2, LegacyError.DA_SDMMC_CONFIG],
    ['SDMMC_WRITE_DATA', 2, LegacyError.DA_SDMMC_WRITE_FAILED],
  ])('leave the agent usable: status %2$i of %s', async (command, from, word) => {
    const error = await answering(bench, command, from, word, () => agent.write(extent, bytes(512)));
    expect(error).toMatchObject({ code: 'STORAGE_FAILED', stage: 'write' });
    await agent.write(extent, bytes(512));
  });

  it('name the place that could not be erased', async () => {
    const error = await answering(bench, 'FORMAT', 3, LegacyError.DA_SDMMC_WRITE_FAILED, () => agent.erase(extent));
    expect(error).toMatchObject({ code: 'FORMAT_PARTIAL', stage: 'erase' });
    expectTold(error, LegacyError.DA_SDMMC_WRITE_FAILED);
    await agent.erase(extent);
  });
});

describe('words of an older agent that writes to NAND', () => {
  it.each(Object.entries(LegacyNandError))('%s', async (_, word) => {
    const bench = await plugIn(NAND, 'preloader');
    const agent = await bench.start();
    const { eraseBlock = 0 } = agent.storage.nand ?? {};
    const place = { region: 'nand', start: 20 * eraseBlock, length: eraseBlock } as const;
    const error = await answering(bench, 'NAND_WRITE_DATA', 2, word, () => agent.write(place, bytes(eraseBlock)));
    await bench.close();
    expectTold(error, word);
  });
});

describe('words of an older agent that starts', () => {
  it.each(
    WORDS.filter(({ stage }) => stage === 'dram').map(({ symbol = '', code }): [string, number] => [symbol, code]),
  )('%s ends the set-up of the memory', async (_, status) => {
    const bench = await plugIn(smallPhone('mt6735-emmc'), 'brom', {
      answers: [{ command: 'ENABLE_DRAM', from: 1, status }],
    });
    const error = await failureOf(bench.start());
    await bench.close();
    expect(error).toMatchObject({ code: 'DRAM_SETUP_FAILED', stage: 'dram' });
    expectTold(error, status);
  });

  it.each([LegacyError.DA_EMMC_NOT_FOUND, LegacyError.DA_SDMMC_CONFIG, LegacyError.DA_SDMMC_TIMEOUT])(
    '%i in the flash report is a phone without storage',
    async (status) => {
      const bench = await plugIn(smallPhone('mt6735-emmc'), 'preloader', {
        answers: [{ command: 'FLASH_REPORT', from: 1, status }],
      });
      const error = await failureOf(bench.start());
      await bench.close();
      expect(error).toMatchObject({ code: 'STORAGE_NOT_FOUND', stage: 'agent' });
      expectTold(error, status);
    },
  );
});
