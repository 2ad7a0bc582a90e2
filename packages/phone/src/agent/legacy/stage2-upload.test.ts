import { ascii } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { be32, passConfig, startAgent } from './testing/test-bench.fixture.js';

/** Pseudo-random bytes: what code looks like to a digest. */
function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

async function stage1Of(stage2: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stage1 = noise(0x8000, 1);
  stage1.set(ascii('get SLC percent count'), 0x7000);
  stage1.set(new Uint8Array(await crypto.subtle.digest('SHA-1', stage2.slice(0, -0x100))), 0x5123);
  return stage1;
}

async function upTo(stage1?: Uint8Array) {
  const bench = startAgent(stage1 ? { stage1 } : {});
  await passConfig(bench.host);
  expect(await bench.host.answer()).toBe('00 00 00 00');
  return bench.host;
}

describe('stage-2 upload', () => {
  it('acknowledges the start, each packet, the tail, and stage 2 alive', async () => {
    const host = await upTo();
    expect(await host.ask('80 00 00 00', be32(0x2928), be32(0x1000))).toBe('5a');
    expect(await host.ask(new Uint8Array(0x1000))).toBe('5a');
    expect(await host.ask(new Uint8Array(0x1000))).toBe('5a');
    expect(await host.ask(new Uint8Array(0x928))).toBe('5a 5a');
    expect(await host.ask('5a')).toMatch(/^00 00 0b c7/);
  });

  it('acknowledges an empty tail too', async () => {
    const host = await upTo();
    await host.ask('80 00 00 00', be32(0x2000), be32(0x1000));
    expect(await host.ask(new Uint8Array(0x2000))).toBe('5a 5a 5a 5a');
  });

  it('starts the stage 2 whose digest stage 1 holds', async () => {
    const stage2 = noise(0x1234, 2);
    const host = await upTo(await stage1Of(stage2));
    await host.ask('80 00 00 00', be32(stage2.length), be32(0x1000));
    expect(await host.ask(stage2)).toBe('5a 5a 5a');
  });

  it('lets the tail behind the digest differ', async () => {
    const stage2 = noise(0x1234, 2);
    const host = await upTo(await stage1Of(stage2));
    stage2[0x1233] = 0;
    await host.ask('80 00 00 00', be32(stage2.length), be32(0x1000));
    expect(await host.ask(stage2)).toBe('5a 5a 5a');
  });

  it('hangs when a byte of stage 2 is wrong', async () => {
    const stage2 = noise(0x1234, 2);
    const host = await upTo(await stage1Of(stage2));
    (stage2[77] as number) ^= 1;
    await host.ask('80 00 00 00', be32(stage2.length), be32(0x1000));
    expect(await host.ask(stage2)).toBe('5a 5a');
    expect(await host.hasHung()).toBe(true);
  });

  it('hangs on packets of no size', async () => {
    const host = await upTo();
    expect(await host.ask('80 00 00 00', be32(0x1000), be32(0))).toBe('');
    expect(await host.hasHung()).toBe(true);
  });
});
