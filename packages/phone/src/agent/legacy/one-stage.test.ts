import { concat } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { be32, CONFIG, emiItem, fromHex, startAgent, sumOf, testProfile, toHex } from './testing/test-bench.fixture.js';

const RECORD = 0x38;

function oneStage() {
  const profile = testProfile({
    daMajor: 3,
    nandIdCount: 5,
    nandSizeBits: 32,
    extraConfig: 'none',
    dramExchange: 'single',
    emiVersion: 9,
    emiItemSize: 0x88,
    stages: 1,
    reportCid: 'natural',
  });
  return profile;
}

/** Up to the flash report, which is given back. */
async function upToReport(bootedBy: 'brom' | 'preloader', records = 3) {
  const bench = startAgent({ profile: oneStage(), bootedBy });
  const { host } = bench;
  expect(await host.answer()).toBe('c0 03 02 9c');
  expect(await host.ask(CONFIG)).toBe(`5a ${toHex(be32(RECORD))}`);
  let answer = await host.ask(be32(records));
  expect(answer.startsWith('5a')).toBe(true);
  for (let i = 0; i < records; i++) answer = await host.ask(new Uint8Array(RECORD).fill(i));
  return { ...bench, report: answer };
}

describe('a one-stage agent', () => {
  it('probes no storage, takes the NAND table and reports at once', async () => {
    const { report, log, host, profile } = await upToReport('preloader');
    const bytes = fromHex(report);
    expect(bytes).toHaveLength(1 + 228);
    expect(report).toMatch(/^69 00 00 0b c7/);
    expect(report).toMatch(/5a 00 00 0c 0b 00 00 04 09 c1$/);
    // NOR 28, NAND 32, then the eMMC part with the CID at 68.
    expect(toHex(bytes.subarray(1 + 60 + 68, 1 + 60 + 84)).replaceAll(' ', '')).toBe(profile.storage.id);
    expect(log).toContainEqual(expect.objectContaining({ what: 'NAND_TABLE', detail: { count: 3, matched: 0 } }));
    expect(await host.ask('72')).toBe('5a 01');
  });

  it('goes on without a table', async () => {
    const { report } = await upToReport('preloader', 0);
    expect(report).toMatch(/^5a 00 00 0b c7/);
  });

  it('tells that it has no DRAM when boot ROM started it, and gets it by command', async () => {
    const { host, report } = await upToReport('brom');
    const ram = 1 + 28 + 32 + 92 + 28;
    expect(toHex(fromHex(report).subarray(ram + 8, ram + 22))).toBe('00 00 0b c3 00 00 00 00 00 00 00 00 00 00');
    const item = new Uint8Array(0x88);
    item.set(fromHex('02 02 00 00 15 01 00 44 4a 35 42 4d 42'));
    expect(await host.ask('e8', be32(9))).toBe('5a 00 00 00 88');
    expect(await host.ask('5a', item)).toBe(toHex(sumOf(item)));
    expect(await host.ask('5a 80 00 00 01')).toBe('00 00 00 00 02 00 00 00 00 00 40 00 00 00');
    expect(await host.ask(concat(fromHex('d6 0c 02'), new Uint8Array(8), be32(0), be32(4)))).toBe('5a');
  });

  it('hangs when it is to read before it has DRAM', async () => {
    const { host } = await upToReport('brom');
    expect(await host.ask('d6')).toBe('');
    expect(await host.hasHung()).toBe(true);
  });

  it('does not take settings for other memory', async () => {
    const { host } = await upToReport('brom');
    const item = emiItem(fromHex('15 01 00'), 0x0202, 0x88);
    await host.ask('e8', be32(9), '5a', item);
    expect(await host.ask('5a 80 00 00 01')).toBe('00 00 0b ba');
    expect(await host.hasHung()).toBe(true);
  });
});

describe('the build that was loaded', () => {
  it('decides about the extra words when it can be told', async () => {
    const stage1 = Uint8Array.from({ length: 0x8000 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 13);
    const bench = startAgent({ stage1 });
    await bench.host.answer();
    await bench.host.ask('5a');
    // The profile's build wants the SLC block; this older one does not and goes on with the DRAM state.
    expect(await bench.host.ask(CONFIG)).toBe('00 00 00 00');
    expect(bench.log.at(-1)).toMatchObject({ what: 'DEVICE_CONFIG', detail: { extra: 'none' } });
  });
});
