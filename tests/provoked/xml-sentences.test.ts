import type { Agent } from '@unbrick/core';
import { CATALOGUE } from '@unbrick/core/explain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, failureOf, plugIn } from './running-agent.js';
import { smallPhone } from './scenarios/on-the-phone.js';
import { explanationsIn, faultsOfTelling, shown } from './what-users-see.js';

/** Every sentence of XML agents that the catalogue lists, from a phone that ends a command with it. */

const PROFILE = smallPhone('mt6855-emmc');
const SENTENCES = CATALOGUE.filter(({ family }) => family === 'xml-agent').flatMap(({ key, seenAs = [] }) =>
  seenAs.map((sentence): [key: string, said: string] => [key, `${sentence.replace('[…]', '[lk]')}.\n`]),
);

/** The program's own codes for what the sentences say of an erase. */
const OWN_CODES: Record<string, string> = {
  XML_SECURITY_DENY: 'SECURITY_REFUSED',
  XML_FORBIDDEN_ADDRESS: 'SECURITY_REFUSED',
  XML_LOCKED: 'SLA_REFUSED',
  XML_DRAM_FAIL: 'DRAM_SETUP_FAILED',
  XML_STORAGE_FAIL: 'STORAGE_INIT_FAILED',
  XML_ERASE_FAIL: 'STORAGE_FAILED',
  XML_CHECKSUM: 'DATA_DAMAGED_ON_THE_WAY',
  XML_TOO_LARGE: 'IMAGE_TOO_LARGE',
  XML_BEYOND_REGION: 'AGENT_REFUSED',
  XML_NO_SUCH_REGION: 'STORAGE_MISMATCH',
};

const extent = { region: 'user', start: 0, length: 512 } as const;

function expectTold(error: Awaited<ReturnType<typeof failureOf>>, key: string): void {
  expect(faultsOfTelling(error)).toEqual([]);
  expect(explanationsIn(shown(error)).map((entry) => entry.key)).toContain(key);
}

describe('sentences of XML agents', () => {
  let bench: Bench;
  let agent: Agent;
  beforeAll(async () => {
    bench = await plugIn(PROFILE, 'preloader');
    agent = await bench.start();
  });
  afterAll(() => bench.close());

  it.each(SENTENCES)('%s', async (key, said) => {
    bench.faults.answers = [{ command: 'ERASE-FLASH', from: 1, status: said }];
    const error = await failureOf(agent.erase(extent));
    bench.faults.answers = [];
    expect(error.code).toBe(OWN_CODES[key] ?? 'AGENT_REFUSED');
    expectTold(error, key);
  });

  it('leave the agent usable', () => agent.erase(extent));
});

describe('sentences of an XML agent that starts', () => {
  it.each([
    ['NOTIFY-INIT-HW', 1, 'XML_DRAM_FAIL', 'DRAM_SETUP_FAILED', 'dram'],
    ['NOTIFY-INIT-HW', 2, 'XML_STORAGE_FAIL', 'STORAGE_INIT_FAILED', 'agent'],
    ['BOOT-TO', 1, 'XML_HASH_MISMATCH', 'AGENT_STAGE2_REFUSED', 'agent'],
    ['BOOT-TO', 1, 'XML_AGENT_VERSION', 'AGENT_STAGE2_REFUSED', 'agent'],
    ['BOOT-TO', 1, 'XML_STAGE2_ADDRESS', 'AGENT_STAGE2_REFUSED', 'agent'],
    ['BOOT-TO', 1, 'XML_FORBIDDEN_ADDRESS', 'SECURITY_REFUSED', 'agent'],
    ['SET-RUNTIME-PARAMETER', 1, 'XML_COMMAND_BROKEN', 'AGENT_REFUSED', 'agent'],
    ['GET-HW-INFO', 1, 'XML_SECURITY_DENY', 'SECURITY_REFUSED', 'agent'],
  ])('%s, time %i: %s is %s', async (command, from, key, code, stage) => {
    const [, said] = SENTENCES.find(([each]) => each === key) ?? [];
    const bench = await plugIn(PROFILE, 'brom', { answers: [{ command, from, status: said as string }] });
    const error = await failureOf(bench.start());
    await bench.close();
    expect(error).toMatchObject({ code, stage });
    expectTold(error, key);
  });
});
