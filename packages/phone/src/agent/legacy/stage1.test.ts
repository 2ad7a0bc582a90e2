import { describe, expect, it } from 'vitest';
import { be32, CONFIG, passConfig, SLC_BLOCK, startAgent, testProfile } from './testing/test-bench.fixture.js';

describe('first words of stage 1', () => {
  it('are those of a genuine MT6580 stage 1', async () => {
    const { host } = startAgent();
    // Bytes of a genuine stage 1 for this CID.
    expect(await host.answer()).toBe(
      'c0 00 00 0b c4 00 07 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 15 01 00 44 4a 35 42 4d 42 07 55 01 8a 34 f2 c1',
    );
    expect(await host.ask('5a')).toBe('04 02 9c');
  });

  it('name five NAND ids on chips that have five', async () => {
    const { host } = startAgent({ profile: testProfile({ nandIdCount: 5 }) });
    expect(await host.answer()).toMatch(/^c0 00 00 0b c4 00 05( 00){10} 00 00 00 00 15 01/);
  });

  it('end in silence when the agent does not know the chip', async () => {
    const { host } = startAgent({ profile: testProfile({ baseband: 0xff }) });
    await host.answer();
    expect(await host.ask('5a')).toBe('04 02 ff');
    expect(await host.hasHung()).toBe(true);
  });
});

describe('extra configuration words', () => {
  const cases: [Parameters<typeof testProfile>[0], string][] = [
    [{ extraConfig: 'none' }, ''],
    [{ extraConfig: 'new-combo' }, '00 00 00 01'],
    [{ extraConfig: 'is-gpt' }, '00 00 00 01'],
    [{ extraConfig: 'slc' }, SLC_BLOCK],
    [{ extraConfig: 'skip-dl-info+slc' }, `00 00 00 00 ${SLC_BLOCK}`],
    [{ extraConfig: 'force-dram' }, '00 00 00 00'],
  ];

  it.each(cases)('%j: the DRAM state comes after exactly %j', async (traits, extra) => {
    const { host } = startAgent({ profile: testProfile(traits) });
    await host.answer();
    await host.ask('5a');
    const words = `${CONFIG} ${extra}`.trim().split(' ');
    expect(await host.ask(words.slice(0, -1).join(' '))).toBe('');
    expect(await host.ask(words.at(-1) as string)).toBe('00 00 00 00');
  });

  it('asks for settings on a preloader boot when the host forces DRAM', async () => {
    const { host } = startAgent({ profile: testProfile({ extraConfig: 'force-dram' }) });
    await passConfig(host, '00 00 00 01');
    expect(await host.answer()).toMatch(/^00 00 0b c3/);
  });

  it('hangs when words it does not expect push the stream out of step', async () => {
    const { host } = startAgent({ profile: testProfile({ extraConfig: 'none' }) });
    await passConfig(host, SLC_BLOCK);
    expect(await host.answer()).toBe('00 00 00 00');
    expect(await host.ask(be32(0x80000000), be32(0x300), be32(0x1000))).toBe('');
    expect(await host.hasHung()).toBe(true);
  });

  it('hangs on a count of areas no phone has', async () => {
    const { host } = startAgent();
    await passConfig(host, '46 46 00 00');
    expect(await host.hasHung()).toBe(true);
  });
});
