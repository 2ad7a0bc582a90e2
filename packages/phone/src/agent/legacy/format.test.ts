import { describe, expect, it } from 'vitest';
import type { Profile } from '../../profiles/profile.js';
import { startStage2, testProfile } from './testing/test-bench.fixture.js';

const u64 = (value: number) => value.toString(16).padStart(16, '0');
const AT = 0x1000000;
const format = (address: number, length: number, storage = '02') =>
  `d4 ${storage} 00 00 00 ${u64(address)} ${u64(length)}`;
const STEPS = { agent: { eraseInSteps: true } };

describe('FORMAT', () => {
  it('with fast erase is one report, as a genuine MT6580 agent sends it', async () => {
    const { host, storage, log } = await startStage2();
    await storage.write('user', AT - 1, new Uint8Array(0x800002).fill(9));
    expect(await host.ask(format(AT, 0x800000))).toBe('5a 5a 00 00 00 00 64');
    expect(await host.ask('5a')).toBe('5a 5a');
    expect(await storage.read('user', AT - 1, 2)).toEqual(Uint8Array.of(9, 0));
    expect(await storage.read('user', AT + 0x7fffff, 2)).toEqual(Uint8Array.of(0, 9));
    expect(log.at(-1)).toMatchObject({ what: 'FORMAT', writes: true, detail: { address: AT, length: 0x800000 } });
    expect(await host.ask('64')).toBe('5a');
  });

  it('in steps is the exchange of the example session', async () => {
    const { host, storage } = await startStage2(STEPS);
    expect(await host.ask('60 08')).toBe('5a 5a');
    expect(await host.ask(format(AT, 0x28000))).toBe('5a 5a 00 00 0b d1 28');
    expect(await host.ask('5a')).toBe('00 00 0b d1 50');
    expect(await host.ask('5a')).toBe('00 00 00 00 64');
    expect(await host.ask('5a')).toBe('5a 5a');
    expect(await storage.read('user', AT + 0x27fff, 2)).toEqual(Uint8Array.of(0xff, 0));
  });

  it('in steps ends with the last step when nothing is over', async () => {
    const { host } = await startStage2(STEPS);
    expect(await host.ask(format(AT, 0x20000))).toBe('5a 5a 00 00 0b d1 32');
    expect(await host.ask('96')).toBe('00 00 00 00 64'); // the value of the answer does not matter
    expect(await host.ask('5a')).toBe('5a 5a');
  });

  it('in steps is one report for less than a step', async () => {
    const { host } = await startStage2(STEPS);
    expect(await host.ask(format(AT, 0x200))).toBe('5a 5a 00 00 00 00 64');
  });

  it('tells the address where the memory chip failed, and is over', async () => {
    const { host, storage } = await startStage2(STEPS);
    storage.brokenAt = AT + 0x10001;
    await host.ask(format(AT, 0x28000));
    expect(await host.ask('5a')).toBe('00 00 0c 52 00 00 00 00 01 01 00 00 96');
    expect(await host.ask('64')).toBe('5a');
  });

  it('refuses a crooked address at once and a bad range after the first acknowledgement', async () => {
    const { host } = await startStage2();
    expect(await host.ask(format(AT + 1, 0x200))).toBe('a5 00 00 0b dc');
    expect(await host.ask(format(0x1d2000000, 0x200))).toBe('5a a5 00 00 0b dc');
    expect(await host.ask(format(0x1d2000000 - 0x200, 0x400))).toBe('5a a5 00 00 0b e0');
    expect(await host.ask(format(AT, 0))).toBe('5a a5 00 00 0b e0');
    expect(await host.ask('64')).toBe('5a');
  });

  it('works on the selected region and not on RPMB', async () => {
    const { host, storage } = await startStage2();
    await storage.write('boot1', 0, Uint8Array.of(1));
    await storage.write('user', 0, Uint8Array.of(1));
    await host.ask('60 01');
    await host.ask(format(0, 0x400000), '5a');
    expect(await storage.read('boot1', 0, 1)).toEqual(Uint8Array.of(0));
    expect(await storage.read('user', 0, 1)).toEqual(Uint8Array.of(1));
    await host.ask('60 03');
    expect(await host.ask(format(0, 0x400))).toBe('5a a5 00 00 0c 55');
  });

  it('refuses storage that is not there', async () => {
    const { host } = await startStage2();
    expect(await host.ask(format(AT, 0x200, '00'))).toBe('a5 00 00 0b c7');
    expect(await host.ask(format(AT, 0x200, '01'))).toBe('a5 00 00 0b c8');
    expect(await host.ask(format(AT, 0x200, '03'))).toBe('a5 00 00 0c 4f');
    expect(await host.ask(format(AT, 0x200, '04'))).toBe('a5 00 00 03 eb');
  });
});

describe('a security policy', () => {
  const profile = { ...testProfile({ extraConfig: 'none' }), security: { agentRefuses: ['format', 'boot-loader'] } };

  it('refuses formatting when all arguments are there, and boot loaders at once', async () => {
    const { host } = await startStage2({ profile: profile as Profile });
    expect(await host.ask(format(AT, 0x800000).slice(0, -2))).toBe('');
    expect(await host.ask('00')).toBe('a5 00 00 17 7c');
    expect(await host.ask('51')).toBe('a5 00 00 17 7a');
    expect(await host.ask('64')).toBe('5a');
  });
});
