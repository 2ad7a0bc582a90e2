import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { difference, pattern } from '../testing/bytes.fixture.js';
import { ScriptedHost } from '../testing/scripted-host.fixture.js';
import { FileStorage } from './file-storage.js';
import { openPhone } from './open-phone.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phone-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});
const used = async (name: string) => (await stat(join(folder, name))).blocks * 512;

describe('flash memory in files', () => {
  it('is one sparse file a region, of the full size', async () => {
    const storage = await FileStorage.open(folder, 'emmc', { boot1: 4 * MIB, user: 16 * GIB });
    expect(storage.fresh).toBe(true);
    await storage.write('user', 15 * GIB + 5, pattern(100_000));
    expect(storage.fresh).toBe(false);
    expect((await stat(join(folder, 'user.bin'))).size).toBe(16 * GIB);
    expect(await used('user.bin')).toBeLessThan(MIB);
    expect(await readdir(folder)).toEqual(['boot1.bin', 'user.bin']);
    expect(difference(await storage.read('user', 15 * GIB + 5, 100_000), pattern(100_000))).toBeUndefined();
    expect(await storage.read('user', 3 * GIB, 100)).toEqual(new Uint8Array(100));
    await storage.close();
  });

  it('is there again after it was closed', async () => {
    const first = await FileStorage.open(folder, 'emmc', { boot1: MIB });
    await first.write('boot1', 1000, pattern(10));
    await first.close();
    const second = await FileStorage.open(folder, 'emmc', { boot1: MIB });
    expect(second.fresh).toBe(false);
    expect(await second.read('boot1', 1000, 10)).toEqual(pattern(10));
    await second.close();
    await expect(FileStorage.open(folder, 'emmc', { boot1: 2 * MIB })).rejects.toThrow(/has 1048576 bytes/);
  });

  it('erases ranges of any size exactly, and leaves no data on disk', async () => {
    const storage = await FileStorage.open(folder, 'emmc', { user: 8 * GIB });
    const data = pattern(20 * MIB);
    await storage.write('user', GIB, data);
    await storage.erase('user', GIB + 1000, 15 * MIB);
    expect(await storage.read('user', GIB, 1001)).toEqual(pattern(1001).fill(0, 1000));
    const after = await storage.read('user', GIB + 1000 + 15 * MIB - 1, 3);
    expect(after).toEqual(data.slice(1000 + 15 * MIB - 1, 1000 + 15 * MIB + 2).fill(0, 0, 1));
    await storage.erase('user', 0, 8 * GIB);
    expect(await used('user.bin')).toBe(0);
    expect(await storage.read('user', GIB + 18 * MIB, 4)).toEqual(new Uint8Array(4));
    await storage.close();
  });

  it('erases an unknown multi-GiB file without filling it', async () => {
    const first = await FileStorage.open(folder, 'emmc', { user: 4 * GIB });
    await first.write('user', 2 * GIB, pattern(1000));
    await first.write('user', 4 * GIB - 1000, pattern(1000));
    await first.close();
    const second = await FileStorage.open(folder, 'emmc', { user: 4 * GIB });
    await second.erase('user', 0, 4 * GIB - 1000);
    expect(await second.read('user', 2 * GIB, 1000)).toEqual(new Uint8Array(1000));
    expect(await second.read('user', 4 * GIB - 1000, 1000)).toEqual(pattern(1000));
    expect(await used('user.bin')).toBeLessThan(MIB);
    await second.close();
  });

  it('does not fill holes with zeros, and does overwrite data with them', async () => {
    const storage = await FileStorage.open(folder, 'emmc', { user: GIB });
    await storage.write('user', 0, new Uint8Array(20 * MIB));
    expect(await used('user.bin')).toBe(0);
    await storage.write('user', 100, pattern(10));
    await storage.write('user', 100, new Uint8Array(5));
    expect(await storage.read('user', 100, 10)).toEqual(pattern(10).fill(0, 0, 5));
    await storage.close();
  });

  it('ends at the end of its regions', async () => {
    const storage = await FileStorage.open(folder, 'emmc', { user: 4096 });
    await expect(storage.read('user', 4000, 97)).rejects.toThrow(RangeError);
    await expect(storage.write('user', 4096, Uint8Array.of(1))).rejects.toThrow(RangeError);
    await storage.close();
  });
});

describe('openPhone', () => {
  it('gives birth once and keeps the phone after that', async () => {
    const first = await openPhone({ profile: 'mt6582-emmc', stateDir: folder });
    await first.close();
    const path = join(folder, 'boot1.bin');
    const boot = await readFile(path);
    expect(boot.subarray(0, 9).toString()).toBe('EMMC_BOOT');
    boot[0x900] = 0x77;
    await writeFile(path, boot);
    const second = await openPhone({ profile: 'mt6582-emmc', stateDir: folder });
    await second.close();
    expect((await readFile(path))[0x900]).toBe(0x77);
    await expect(openPhone({ profile: 'mt6580-emmc', stateDir: folder })).rejects.toThrow(/mt6582-emmc/);
  });

  it('does not revive a phone that was erased', async () => {
    const first = await openPhone({ profile: 'mt6580-emmc', stateDir: folder });
    await first.close();
    const { size } = await stat(join(folder, 'boot1.bin'));
    for (const name of ['boot1.bin', 'boot2.bin']) await writeFile(join(folder, name), new Uint8Array(size));
    const dead = await openPhone({ profile: 'mt6580-emmc', stateDir: folder });
    const port = await dead.attach(AbortSignal.timeout(2000));
    expect(port.identity.productId).toBe(0x0003);
    await new ScriptedHost(port).handshake();
    await dead.close();
  });

  it('takes a profile from a file and says what is wrong with it', async () => {
    const path = join(folder, 'mine.json');
    const source = new URL('../profiles/mt6765-emmc.json', import.meta.url);
    const text = await readFile(source, 'utf8');
    await writeFile(path, text.replace('"name": "mt6765-emmc"', '"name": "mine"'));
    const phone = await openPhone({ profile: path });
    expect(phone.profile.name).toBe('mine');
    await phone.close();
    await writeFile(path, '{"name": 5}');
    await expect(openPhone({ profile: path })).rejects.toThrow(/mine\.json: .*is missing/);
    await expect(openPhone({ profile: join(folder, 'none.json') })).rejects.toThrow(/cannot be read as a profile/);
    await expect(openPhone({ profile: 'mt1' })).rejects.toThrow(/no virtual phone is called 'mt1'/);
  });
});

describe('a NAND phone in a folder', () => {
  const at = async (offset: number, length: number) => {
    const handle = await open(join(folder, 'nand.bin'));
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
    await handle.close();
    return buffer;
  };

  it('is its pages and their spare bytes, with partitions where their addresses say', async () => {
    const phone = await openPhone({ profile: 'mt6572-nand', stateDir: folder });
    const boot = phone.profile.partitions.find(({ name }) => name === 'BOOTIMG')?.start ?? 0;
    await phone.close();
    expect((await readdir(folder)).sort()).toEqual(['nand-spare.bin', 'nand.bin', 'phone.json']);
    expect((await stat(join(folder, 'nand.bin'))).size).toBe(512 * MIB);
    expect((await stat(join(folder, 'nand-spare.bin'))).size).toBe(16 * MIB);
    expect(await used('nand.bin')).toBeLessThan(8 * MIB);
    expect((await at(boot, 8)).toString('latin1')).toBe('ANDROID!');
    // A bad block holds nothing; the map of those that stand in for them lies in the last block.
    expect((await at(0x25 * 0x20000, 4096)).every((byte) => byte === 0)).toBe(true);
    expect((await at(512 * MIB - 0x20000, 3)).toString('latin1')).toBe('BMT');
  });
});
