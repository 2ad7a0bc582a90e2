import { describe, expect, it } from 'vitest';
import {
  type BenchOptions,
  be32,
  emiItem,
  fromHex,
  passConfig,
  SLC_BLOCK,
  startAgent,
  startStage2,
  sumOf,
  testProfile,
} from './testing/test-bench.fixture.js';

const NAME = fromHex('15 01 00 44 4a 35 42 4d 42');
const OTHER = fromHex('15 01 00 46 45 36 32 4d 42');
/** Success, DRAM at CS 0, 1 GiB. */
const READY = '00 00 00 00 02 00 00 00 00 00 40 00 00 00';
const FAILED = '00 00 0b ba';
/** What stage 1 says before it waits for ENABLE_DRAM: state, raw eMMC id, seven NAND ids. */
const REQUEST = `00 00 0b c3 00 00 00 00 44 00 01 15 4d 42 35 4a 01 55 07 42 c1 f2 34 8a 00 00 0b c4 00 07${' 00'.repeat(14)}`;

async function askForDram(options: BenchOptions = {}, extra = SLC_BLOCK) {
  const bench = startAgent({ bootedBy: 'brom', ...options });
  await passConfig(bench.host, extra);
  expect(await bench.host.answer()).toBe(REQUEST);
  return bench;
}

/** The list exchange from ENABLE_DRAM on. @returns the answer to "apply" */
async function offerList(data: Uint8Array, options: BenchOptions = {}) {
  const bench = await askForDram(options);
  const { host } = bench;
  expect(await host.ask('e8', be32(21))).toBe('5a 00 00 00 bc');
  host.send('5a', be32(data.length), data);
  expect(fromHex(await host.answer())).toEqual(sumOf(data));
  const verdict = await host.ask('5a 80 00 00 01');
  return { ...bench, verdict };
}

function join(...items: Uint8Array[]): Uint8Array {
  return Uint8Array.from(items.flatMap((item) => [...item]));
}

describe('DRAM by a list of settings', () => {
  it('is not asked for when the preloader has set it up', async () => {
    const { host } = startAgent();
    await passConfig(host);
    expect(await host.answer()).toBe('00 00 00 00');
  });

  it('comes up when one entry names this eMMC', async () => {
    const { verdict, host, log } = await offerList(join(emiItem(OTHER), emiItem(NAME), emiItem(OTHER)));
    expect(verdict).toBe(READY);
    expect(log.map(({ what }) => what)).toContain('DRAM_READY');
    expect(await host.ask('80 00 00 00 00 00 03 00 00 00 01 00')).toBe('5a');
  });

  it('says 3002 and halts when no entry names it', async () => {
    const { verdict, host } = await offerList(emiItem(OTHER));
    expect(verdict).toBe(FAILED);
    expect(await host.hasHung()).toBe(true);
  });

  it('takes settings for RAM apart from the flash on trust', async () => {
    expect((await offerList(emiItem(new Uint8Array(0), 0x0003))).verdict).toBe(READY);
  });

  it.each([0x0103, 0x0306, 0x0000, 0x0209])('does not take an entry of type 0x%s for its own', async (type) => {
    expect((await offerList(emiItem(NAME, type))).verdict).toBe(FAILED);
  });

  it('compares the firmware revision where an entry names one', async () => {
    const item = emiItem(NAME);
    item[12] = 1;
    item[32] = 7;
    expect((await offerList(item)).verdict).toBe(READY);
    item[32] = 8;
    expect((await offerList(item)).verdict).toBe(FAILED);
  });

  it('fails with any settings under the fault dram-fail', async () => {
    expect((await offerList(emiItem(NAME), { faults: { dramFail: true } })).verdict).toBe(FAILED);
  });

  it.each([0xbd, 0, 21 * 0xbc])('hangs without a word on a list of %i bytes', async (length) => {
    const { host } = await askForDram();
    await host.ask('e8', be32(21));
    expect(await host.ask('5a', be32(length))).toBe('');
    expect(await host.hasHung()).toBe(true);
  });

  it('takes twenty entries', async () => {
    expect((await offerList(join(...new Array(19).fill(emiItem(OTHER)), emiItem(NAME)))).verdict).toBe(READY);
  });

  it('refuses another version, sends the item size all the same, and is left without DRAM', async () => {
    const { host } = await askForDram();
    expect(await host.ask('e8', be32(20))).toBe('a5 00 00 00 bc');
    await host.ask('a5');
    expect(await host.ask('80 00 00 00 00 00 03 00 00 00 01 00')).toBe('');
    expect(await host.hasHung()).toBe(true);
  });

  it('fails when the host goes on after the refusal', async () => {
    const { host } = await askForDram();
    await host.ask('e8', be32(20), '5a', be32(0xbc), emiItem(NAME));
    expect(await host.ask('5a 80 00 00 01')).toBe(FAILED);
  });

  it('stays without DRAM when the host does not like the checksum', async () => {
    const { host } = await askForDram();
    await host.ask('e8', be32(21), '5a', be32(0xbc), emiItem(NAME));
    await host.ask('a5');
    expect(await host.ask('80 00 00 00 00 00 03 00 00 00 01 00')).toBe('');
    expect(await host.hasHung()).toBe(true);
  });
});

describe('DRAM by a single setting', () => {
  const single = testProfile({ extraConfig: 'none', dramExchange: 'single', emiVersion: 12 });

  it('takes one item of the announced size', async () => {
    const { host } = await askForDram({ profile: single }, '');
    expect(await host.ask('e8', be32(12))).toBe('5a 00 00 00 bc');
    const item = emiItem(NAME);
    expect(fromHex(await host.ask('5a', item))).toEqual(sumOf(item));
    expect(await host.ask('5a 80 00 00 01')).toBe(READY);
  });

  it('goes straight to "apply" for the built-in setting, which does not know this memory', async () => {
    const { host } = await askForDram({ profile: single }, '');
    expect(await host.ask('e8 ff ff ff ff')).toBe('5a');
    expect(await host.ask('80 00 00 01')).toBe(FAILED);
  });

  it('tells the storage id before the item size on chips that do', async () => {
    const profile = testProfile({
      extraConfig: 'none',
      dramExchange: 'single-with-id',
      emiVersion: 14,
      emiItemSize: 168,
    });
    const { host } = await askForDram({ profile }, '');
    expect(await host.ask('e8', be32(14))).toBe('5a 44 00 01 15 4d 42 35 4a 01 55 07 42 c1 f2 34 8a 00 00 00 a8');
    // Version 14: type, id, length of the id.
    const item = new Uint8Array(168);
    item.set([0x03, 0x02], 0);
    item.set(NAME, 4);
    item[20] = 9;
    await host.ask('5a', item);
    expect(await host.ask('5a 80 00 00 01')).toBe(READY);
  });
});

describe('five words of the MT6592', () => {
  const words = [3, 0x1c004004, 0xaa080033, 0x13, 0x10];
  const sent = '00 00 00 03 1c 00 40 04 aa 08 00 33 00 00 00 13 00 00 00 10';
  const profile = testProfile({ extraConfig: 'is-gpt', dramExchange: 'single', emiVersion: 12, dramWords: words });

  it('follow state 0', async () => {
    const { host } = startAgent({ profile });
    await passConfig(host, '00 00 00 01');
    expect(await host.answer()).toBe(`00 00 00 00 ${sent}`);
  });

  it('follow a successful set-up', async () => {
    const { host } = await askForDram({ profile }, '00 00 00 01');
    await host.ask('e8', be32(12), '5a', emiItem(NAME));
    expect(await host.ask('5a 80 00 00 01')).toBe(`${READY} ${sent}`);
  });
});

describe('ENABLE_DRAM in stage 2', () => {
  it('works as in stage 1', async () => {
    const { host, log } = await startStage2();
    await host.ask('e8', be32(21), '5a', be32(0xbc), emiItem(NAME));
    expect(await host.ask('5a 80 00 00 01')).toBe(READY);
    expect(log[0]).toMatchObject({ stage: 'stage2', what: 'ENABLE_DRAM', writes: false });
    expect(await host.ask('64')).toBe('5a');
  });
});
