import { describe, expect, it } from 'vitest';
import { be32, fromHex, startStage2, testProfile, toHex } from './testing/test-bench.fixture.js';

/** Flash of the example session: 0x1BE zero bytes, then k mod 256. */
const FLASH = Uint8Array.from({ length: 0x300 }, (_, k) => (k < 0x1be ? 0 : k & 0xff));
const RANGE = '00 00 00 00 00 00 00 00 00 00 00 00 00 00 03 00';
const u64 = (value: number) => value.toString(16).padStart(16, '0');

async function withFlash() {
  const bench = await startStage2();
  await bench.storage.write('user', 0, FLASH);
  return bench;
}

describe('READ', () => {
  it('is the exchange of the example session, with one packet asked for twice', async () => {
    const { host, log } = await withFlash();
    await host.ask('60 08');
    expect(await host.ask('d6 0c 02', RANGE)).toBe('5a');
    const first = `${toHex(FLASH.slice(0, 0x200))} 39 5d`;
    expect(await host.ask(be32(0x200))).toBe(first);
    expect(await host.ask('a5')).toBe(first);
    expect(await host.ask('5a')).toBe(`${toHex(FLASH.slice(0x200))} 7f 80`);
    expect(await host.ask('5a')).toBe('');
    expect(await host.ask('64')).toBe('5a');
    expect(log.find(({ what }) => what === 'READ')).toMatchObject({
      writes: false,
      detail: { part: 8, length: 0x300 },
    });
  });

  it('waits on when the answer to a packet is neither "next" nor "again"', async () => {
    const { host } = await withFlash();
    await host.ask('d6 0c 02', RANGE, be32(0x200));
    expect(await host.ask('00')).toBe('');
    expect(fromHex(await host.ask('5a'))).toHaveLength(0x102);
  });

  it('takes a packet size that was sent together with the arguments', async () => {
    const { host } = await withFlash();
    expect(await host.ask('d6 0b 02', RANGE, be32(0x1000))).toBe(`5a ${toHex(FLASH)} b8 dd`);
  });

  it('reads the selected region', async () => {
    const { host, storage } = await withFlash();
    await storage.write('boot1', 0, Uint8Array.of(1, 2, 3));
    await host.ask('60 01');
    expect(await host.ask('d6 0c 02', u64(0), u64(3), be32(0x200))).toBe('5a 01 02 03 00 06');
  });

  it.each([
    ['no length', '02', u64(0), u64(0), '0b e0'],
    ['storage 7', '07', u64(0), u64(512), '03 eb'],
    ['NOR', '00', u64(0), u64(512), '03 eb'],
    ['NAND', '01', u64(0), u64(512), '0b c8'],
    ['SD card', '03', u64(0), u64(512), '0c 4f'],
    ['crooked address', '02', u64(1), u64(512), '0b dc'],
    ['behind the region', '02', u64(0x1d2000000), u64(512), '0b dc'],
    ['end behind the region', '02', u64(0x1d2000000 - 512), u64(1024), '0b e0'],
    ['beyond all numbers', '02', 'ffffffffffffffff', u64(1024), '0b dc'],
  ])('refuses: %s', async (_why, storage, address, length, error) => {
    const { host } = await startStage2();
    expect(await host.ask('d6 0c', storage, address, length)).toBe(`a5 00 00 ${error}`);
    expect(await host.ask('64')).toBe('5a');
  });

  it('cannot read RPMB plainly', async () => {
    const { host } = await startStage2();
    expect(await host.ask('60 03')).toBe('5a 5a');
    expect(await host.ask('d6 0c 02', u64(0), u64(512))).toBe('a5 00 00 0c 55');
  });

  it('says when the memory chip fails', async () => {
    const { host, storage } = await withFlash();
    storage.brokenAt = 0x250;
    expect(fromHex(await host.ask('d6 0c 02', RANGE, be32(0x200)))).toHaveLength(1 + 0x202);
    expect(await host.ask('5a')).toBe('a5 00 00 0c 51');
    expect(await host.ask('64')).toBe('5a');
  });

  it('hangs on packets above 8 MiB', async () => {
    const { host } = await withFlash();
    await host.ask('d6 0c 02', RANGE);
    expect(await host.ask(be32(0x800001))).toBe('');
    expect(await host.hasHung()).toBe(true);
  });
});

describe('MEMORY_TEST', () => {
  const test = (type: number, method: number) => ['fe', be32(type), RANGE, be32(2), be32(method), be32(0)];

  it('dumps the eMMC', async () => {
    const { host } = await withFlash();
    expect(await host.ask(...test(4, 0))).toBe(`5a 00 10 00 00 ${toHex(FLASH)} b8 dd`);
    expect(await host.ask('5a')).toBe('');
  });

  it('finds healthy RAM, and refuses what is not there', async () => {
    const { host } = await startStage2({ profile: testProfile({ extraConfig: 'none' }) });
    expect(await host.ask(...test(3, 1))).toBe('5a 00 00 00 00');
    expect(await host.ask(...test(1, 1))).toBe('a5 00 00 0b c8');
    expect(await host.ask(...test(5, 1))).toBe('a5 00 00 0c 4f');
    expect(await host.ask(...test(6, 1))).toBe('a5 00 00 03 eb');
    expect(await host.ask(...test(4, 1))).toBe('a5 00 00 04 10');
  });
});
