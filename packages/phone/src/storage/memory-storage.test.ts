import { describe, expect, it } from 'vitest';
import { difference, pattern } from '../testing/bytes.fixture.js';
import { FaultyStorage } from './faulty-storage.js';
import { MemoryStorage } from './memory-storage.js';
import { StorageFault } from './phone-storage.js';

const GIB = 1024 ** 3;

describe('flash memory in RAM', () => {
  it('is zero until written, and keeps data across pages at any offset', async () => {
    const storage = new MemoryStorage('emmc', { user: 16 * GIB, boot1: 4096 });
    expect(storage.fresh).toBe(true);
    expect(await storage.read('user', 15 * GIB, 4)).toEqual(new Uint8Array(4));
    const data = pattern(200_000);
    await storage.write('user', 8 * GIB - 1234, data);
    expect(storage.fresh).toBe(false);
    expect(difference(await storage.read('user', 8 * GIB - 1234, data.length), data)).toBeUndefined();
    expect(await storage.read('user', 8 * GIB - 1235, 2)).toEqual(Uint8Array.of(0, 1));
    expect(await storage.read('boot1', 0, 1)).toEqual(Uint8Array.of(0));
  });

  it('takes room for data only, and gives it back', async () => {
    const storage = new MemoryStorage('emmc', { user: 16 * GIB });
    await storage.write('user', 0, new Uint8Array(10_000_000));
    expect(storage.allocated).toBe(0);
    await storage.write('user', 100_000, pattern(300_000));
    const before = storage.allocated;
    expect(before).toBeGreaterThan(300_000);
    await storage.erase('user', 0, 16 * GIB);
    expect(storage.allocated).toBe(0);
  });

  it('erases exactly what it is told', async () => {
    const storage = new MemoryStorage('emmc', { user: GIB });
    await storage.write('user', 0, pattern(300_000));
    await storage.erase('user', 70_000, 140_000);
    const wanted = pattern(300_000).fill(0, 70_000, 210_000);
    expect(difference(await storage.read('user', 0, 300_000), wanted)).toBeUndefined();
    await storage.erase('user', 10, 5);
    expect(await storage.read('user', 9, 7)).toEqual(Uint8Array.of(10, 0, 0, 0, 0, 0, 16));
  });

  it('does not keep the writer from using its buffer again', async () => {
    const storage = new MemoryStorage('emmc', { user: 65_536 });
    const buffer = Uint8Array.of(1, 2, 3);
    await storage.write('user', 0, buffer);
    buffer.fill(9);
    expect(await storage.read('user', 0, 3)).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('ends at the end of its regions', async () => {
    const storage = new MemoryStorage('emmc', { user: 4096 });
    await expect(storage.read('user', 4000, 97)).rejects.toThrow(RangeError);
    await expect(storage.write('user', 4096, Uint8Array.of(1))).rejects.toThrow(/do not fit user/);
    await expect(storage.erase('user', -1, 2)).rejects.toThrow(RangeError);
    await expect(storage.read('boot1', 0, 1)).rejects.toThrow(/no region boot1/);
    expect(await storage.read('user', 4000, 96)).toHaveLength(96);
  });
});

describe('flash memory with worn-out places', () => {
  const good = () => new MemoryStorage('emmc', { user: 65_536, boot1: 4096 });

  it('stores one bit wrong in each write that touches the place', async () => {
    const inner = good();
    const storage = new FaultyStorage(inner, { badWrite: [{ region: 'user', start: 1000, length: 100 }] });
    const data = pattern(3000);
    await storage.write('user', 0, data);
    const stored = await storage.read('user', 0, 3000);
    expect([...stored.keys()].filter((i) => stored[i] !== data[i])).toEqual([1000]);
    expect(data).toEqual(pattern(3000));
    await storage.write('user', 1050, Uint8Array.of(0x40));
    expect(await storage.read('user', 1050, 1)).toEqual(Uint8Array.of(0x41));
    await storage.write('user', 1100, Uint8Array.of(0x40));
    expect(await storage.read('user', 1100, 1)).toEqual(Uint8Array.of(0x40));
    await storage.write('boot1', 1050, Uint8Array.of(0x40));
    expect(await storage.read('boot1', 1050, 1)).toEqual(Uint8Array.of(0x40));
  });

  it('fails each write that touches the place and stores nothing of it', async () => {
    const storage = new FaultyStorage(good(), { writeError: [{ region: 'user', start: 1000, length: 100 }] });
    await expect(storage.write('user', 999, Uint8Array.of(1, 2))).rejects.toThrow(StorageFault);
    expect(await storage.read('user', 999, 2)).toEqual(new Uint8Array(2));
    await storage.write('user', 999, Uint8Array.of(1));
  });
});
