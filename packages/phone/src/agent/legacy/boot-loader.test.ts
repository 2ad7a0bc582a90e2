import { concat, LegacyBootLoaderRecord } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { be32, startStage2, sumOf, toHex } from './testing/test-bench.fixture.js';

const FILE = Uint8Array.from({ length: 0x5a10 }, (_, k) => (k * 7) & 0xff);
const HASH = concat(be32(0x20), new Uint8Array(0x20));
const record = (size = FILE.length) =>
  concat(
    Uint8Array.of(0x5a),
    LegacyBootLoaderRecord.build({
      device: 5,
      type: 1,
      beginAddress: 0,
      boundaryAddress: 0,
      attribute: 1,
      maxSize: 0x40000,
      antiCloneEnable: 0,
      antiCloneOffset: 0,
      antiCloneLength: 0,
      size,
      reservedBlocks: 0,
      alignType: 0,
    }),
  );

type Host = Awaited<ReturnType<typeof startStage2>>['host'];

async function announce(host: Host, device = '05') {
  expect(await host.ask('51')).toBe('5a');
  expect(await host.ask(HASH)).toBe('00 00 00 00');
  return host.ask(be32(0x1000), device);
}

async function sendFile(host: Host, file = FILE) {
  for (let at = 0; at < file.length; at += 0x1000) {
    const packet = file.slice(at, at + 0x1000);
    const last = at + 0x1000 >= file.length;
    expect(await host.ask('5a', packet, sumOf(packet))).toBe(last ? '69 5a' : '69');
  }
}

describe('DOWNLOAD_BLOADER', () => {
  it('puts device header and layout before the file, in both boot areas', async () => {
    const { host, storage, log } = await startStage2();
    expect(await announce(host)).toBe('5a 5a'); // nothing there yet
    expect(await host.ask(be32(1), record())).toBe('5a 5a');
    await sendFile(host);
    for (const area of ['boot1', 'boot2'] as const) {
      expect(toHex(await storage.read(area, 0, 24))).toBe(
        '45 4d 4d 43 5f 42 4f 4f 54 00 00 00 01 00 00 00 00 02 00 00 ff ff ff ff',
      );
      expect(toHex(await storage.read(area, 0x1fc, 44))).toBe(
        `ff ff ff ff 42 52 4c 59 54 00 00 00 01 00 00 00 00 08 00 00 00 64 00 00 ${'42 42 42 42 05 00 01 00 00 08 00 00 00 64 00 00 01 00 00 00'}`,
      );
      expect((await storage.read(area, 0x228, 0x5d8)).every((byte) => byte === 0)).toBe(true);
      expect(toHex(await storage.read(area, 0x800, FILE.length))).toBe(toHex(FILE));
    }
    expect(log[0]).toMatchObject({ what: 'DOWNLOAD_BLOADER', writes: true });
    expect(await host.ask('64')).toBe('5a');
  });

  it('is an update when a boot loader is there', async () => {
    const { host } = await startStage2();
    await announce(host);
    await host.ask(be32(1), record());
    await sendFile(host);
    expect(await announce(host)).toBe('5a 69');
  });

  it('passes over unused slots', async () => {
    const { host } = await startStage2();
    await announce(host);
    expect(await host.ask(be32(3), record(), '00 00')).toBe('5a 5a');
    await sendFile(host);
  });

  it('takes a damaged packet again', async () => {
    const { host, storage } = await startStage2();
    await announce(host);
    const small = FILE.slice(0, 0x100);
    await host.ask(be32(1), record(0x100));
    expect(await host.ask('5a', small, '00 00')).toBe('a5 00 00 0b f9');
    await sendFile(host, small);
    expect(await storage.read('boot1', 0x800, 0x100)).toEqual(small);
  });

  it('leaves the boot areas alone when the host stops', async () => {
    const { host, storage } = await startStage2();
    await announce(host);
    await host.ask(be32(1), record());
    await host.ask('5a', FILE.slice(0, 0x1000), sumOf(FILE.slice(0, 0x1000)));
    expect(await host.ask('96')).toBe('');
    expect(storage.writes).toBe(0);
    expect(await host.ask('64')).toBe('5a');
  });

  it('refuses a file that does not fit', async () => {
    const { host } = await startStage2();
    await announce(host);
    expect(await host.ask(be32(1), record(0x400000))).toBe('a5 00 00 0b e0');
    expect(await host.ask('64')).toBe('5a');
  });

  it.each([
    ['00', '0c 46'],
    ['01', '0b c7'],
    ['02', '0b c8'],
    ['04', '0b c8'],
    ['07', '0b c7'],
    ['08', '0c 4f'],
    ['09', '0c 47'],
  ])('refuses flash device %s', async (device, error) => {
    const { host } = await startStage2();
    expect(await announce(host, device)).toBe(`a5 00 00 ${error}`);
    expect(await host.ask('64')).toBe('5a');
  });
});
