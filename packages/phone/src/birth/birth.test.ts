import { crc32, decode, GptEntry, GptHeader, hexBytes, latin1, u16, u32 } from '@unbrick/core/wire';
import { beforeAll, describe, expect, it } from 'vitest';
import { BadBlockMap } from '../nand/bad-block-map.js';
import { NandChip } from '../nand/nand-chip.js';
import { NandFlash } from '../nand/nand-flash.js';
import { readNandPmt } from '../nand/nand-pmt.js';
import type { Profile } from '../profiles/profile.js';
import { findProfile, listProfiles } from '../profiles/profiles.js';
import { storageLayout } from '../profiles/storage-layout.js';
import { MemoryStorage } from '../storage/memory-storage.js';
import { difference } from '../testing/bytes.fixture.js';
import { birth } from './birth.js';
import { looksBootable } from './boot-area.js';

async function newborn(name: string, seed?: string): Promise<{ profile: Profile; storage: MemoryStorage }> {
  const profile = findProfile(name);
  const storage = new MemoryStorage(profile.storage.kind, profile.storage.regions);
  await birth(storage, profile, seed);
  return { profile, storage };
}

describe('a newborn phone', () => {
  it.each(listProfiles().filter((name) => !name.endsWith('-nand')))(
    '%s takes little room, has a preloader twice and calibration data',
    async (name) => {
      const { profile, storage } = await newborn(name);
      expect(storage.allocated).toBeLessThan(16 * 1024 * 1024);
      const { user, boot } = storageLayout(profile.storage.kind);
      const [first, second] = await Promise.all(boot.map((region) => storage.read(region, 0, 65_536)));
      expect(looksBootable((first as Uint8Array).subarray(0, 4096))).toBe(true);
      expect(difference(second as Uint8Array, first as Uint8Array)).toBeUndefined();
      for (const partition of profile.partitions.filter(({ content }) => content === 'random')) {
        const head = await storage.read(user, partition.start, 64);
        expect(new Set(head).size, partition.name).toBeGreaterThan(20);
      }
    },
  );

  it('has bad blocks where the factory left them, and reads as if there were none', async () => {
    const { profile, storage } = await newborn('mt6572-nand');
    expect(storage.allocated).toBeLessThan(16 * 1024 * 1024);
    const chip = new NandChip(storage, profile);
    expect(looksBootable((await chip.readPages(0, 2)).data)).toBe(true);
    const flash = new NandFlash(chip, await BadBlockMap.load(chip, profile.storage.nand?.poolBlocks ?? 0));
    expect(flash.map.pairs.map(({ bad }) => bad)).toEqual([0x25, 0x1a3, 0x2ff, 0xb40]);
    for (const partition of profile.partitions.filter(({ content }) => content === 'random')) {
      const head = await flash.read(partition.start, 64);
      expect(new Set(head).size, partition.name).toBeGreaterThan(20);
    }
    expect((await readNandPmt(flash))?.map(({ name, start, size }) => ({ name, start, size }))).toEqual(
      profile.partitions.map(({ name, start, size }) => ({ name, start, size })),
    );
  });

  it('is the same with the same seed and another with another one', async () => {
    const read = async (seed: string) => {
      const { storage } = await newborn('mt6580-emmc', seed);
      return hexBytes(await storage.read('user', 0x380000, 32));
    };
    expect(await read('one')).toBe(await read('one'));
    expect(await read('one')).not.toBe(await read('two'));
  });

  it('has its boot area in the form a boot ROM looks for', async () => {
    const { storage } = await newborn('mt6765-emmc');
    const area = await storage.read('boot1', 0, 0x1000);
    expect(latin1(area.subarray(0, 12))).toBe('EMMC_BOOT');
    expect(latin1(area.subarray(0x200, 0x208))).toBe('BRLYT');
    expect(decode(u32, 'little', area, 0x20c)).toBe(0x800);
    expect(latin1(area.subarray(0x214, 0x218))).toBe('BBBB');
    expect(hexBytes(area.subarray(0x800, 0x808))).toBe('4d4d4d0138000000');
    expect(latin1(area.subarray(0x808, 0x814))).toBe('FILE_INFO');
  });

  it('has the preloader a block later on UFS', async () => {
    const { storage } = await newborn('mt6785-ufs');
    const area = await storage.read('lu0', 0, 0x2000);
    expect(latin1(area.subarray(0, 12))).toBe('UFS_BOOT');
    expect(latin1(area.subarray(0x200, 0x208))).toBe('BRLYT');
    expect(decode(u32, 'little', area, 0x20c)).toBe(0x1000);
    expect(latin1(area.subarray(0x1008, 0x1014))).toBe('FILE_INFO');
  });
});

describe.each([
  ['mt6757-emmc', 'user', 512, 34],
  ['mt6785-ufs', 'lu2', 4096, 6],
] as const)('the GPT of %s', (name, region, sectorSize, firstUsableLba) => {
  let profile: Profile;
  let storage: MemoryStorage;
  beforeAll(async () => {
    ({ profile, storage } = await newborn(name));
  });

  const header = async (offset: number) => {
    const raw = await storage.read(region, offset, 512);
    const value = GptHeader.parse(raw);
    const blank = GptHeader.build({ ...value, headerCrc: 0 });
    expect(crc32(blank)).toBe(value.headerCrc);
    expect(latin1(value.signature)).toBe('EFI PART');
    const entries = await storage.read(region, value.entriesLba * sectorSize, value.entryCount * value.entrySize);
    expect(crc32(entries)).toBe(value.entriesCrc);
    return { value, entries };
  };

  it('is whole at both ends', async () => {
    const last = (profile.storage.regions[region] as number) / sectorSize - 1;
    const primary = await header(sectorSize);
    const backup = await header(last * sectorSize);
    expect(difference(backup.entries, primary.entries)).toBeUndefined();
    expect(primary.value).toMatchObject({ currentLba: 1, backupLba: last, entriesLba: 2, firstUsableLba });
    const tableSectors = 16_384 / sectorSize;
    expect(backup.value).toMatchObject({ currentLba: last, backupLba: 1, entriesLba: last - tableSectors });
    expect(primary.value.lastUsableLba).toBe(last - tableSectors - 1);
    const mbr = await storage.read(region, 0, 512);
    expect(hexBytes(mbr.subarray(510))).toBe('55aa');
    expect(mbr[450]).toBe(0xee);
  });

  it('lists what the profile has, in its places', async () => {
    const { entries, value } = await header(sectorSize);
    const listed = Array.from({ length: value.entryCount }, (_, i) => GptEntry.parse(entries, i * value.entrySize))
      .filter(({ firstLba }) => firstLba > 0)
      .map((entry) => ({
        name: Array.from({ length: 36 }, (_, i) => String.fromCharCode(decode(u16, 'little', entry.name, 2 * i)))
          .join('')
          .replace(/\0+$/, ''),
        start: entry.firstLba * sectorSize,
        size: (entry.lastLba - entry.firstLba + 1) * sectorSize,
      }));
    const wanted = profile.partitions
      .filter(({ name, operation }) => operation !== 'BOOTLOADERS' && !/^[ps]gpt$/.test(name))
      .map(({ name, start, size }) => ({ name, start, size }));
    expect(listed).toEqual(wanted);
  });
});

describe('its PMT', () => {
  it('lies twice at the end of the user area, with magic words at head and tail', async () => {
    const { profile, storage } = await newborn('mt6582-emmc');
    const at = (profile.storage.regions.user as number) - 0x100000;
    const main = await storage.read('user', at, 0x1000);
    const mirror = await storage.read('user', at + 0x1000, 0x1000);
    expect(latin1(main.subarray(0, 8))).toBe('1vTP1.0');
    expect(latin1(main.subarray(0xffc))).toBe('1vTP');
    expect(latin1(mirror.subarray(0, 8))).toBe('1TPM1.0');
    expect(latin1(mirror.subarray(0xffc))).toBe('1TPM');
    expect(difference(mirror.subarray(8, 0xffc), main.subarray(8, 0xffc))).toBeUndefined();
    // The second entry: EBR1, 0x80000 bytes at 0x80000.
    const second = main.subarray(8 + 0x58);
    expect(latin1(second.subarray(0, 64))).toBe('EBR1');
    expect(hexBytes(second.subarray(64, 80))).toBe('00000800000000000000080000000000');
  });

  it('comes with a chain of boot records', async () => {
    const { profile, storage } = await newborn('mt6582-emmc');
    const place = (name: string) => profile.partitions.find((partition) => partition.name === name)?.start ?? 0;
    const mbr = await storage.read('user', 0, 512);
    expect(hexBytes(mbr.subarray(510))).toBe('55aa');
    const entries = [0, 1, 2, 3].map((i) => ({
      type: mbr[446 + 16 * i + 4],
      start: decode(u32, 'little', mbr, 446 + 16 * i + 8) * 512,
    }));
    expect(entries).toEqual([
      { type: 0x83, start: place('PROTECT_F') },
      { type: 0x83, start: place('PROTECT_S') },
      { type: 0x83, start: place('SEC_RO') },
      { type: 0x05, start: place('EBR1') },
    ]);
    for (const name of ['EBR1', 'EBR2', 'EBR3']) {
      expect(hexBytes(await storage.read('user', place(name) + 510, 2)), name).toBe('55aa');
    }
  });
});
