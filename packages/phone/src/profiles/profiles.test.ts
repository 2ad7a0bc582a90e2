import { describe, expect, it } from 'vitest';
import sample from './mt6580-emmc.json';
import sampleUfs from './mt6785-ufs.json';
import { extentsOf, findProfile, listProfiles, ProfileError, parseProfile, profileText, regionOf } from './profiles.js';
import { storageLayout } from './storage-layout.js';

const CALIBRATION = /^(nvram|nvdata|nvcfg|protect[12]|protect_[fs]|pro_?info|persist|seccfg)$/i;

describe('the phones of the package', () => {
  it.each(['mt6580-emmc', 'mt6582-emmc', 'mt6735-emmc', 'mt6757-emmc', 'mt6765-emmc', 'mt6771-ufs', 'mt6785-ufs'])(
    'have %s among them',
    (name) => {
      expect(listProfiles()).toContain(name);
    },
  );

  it.each(listProfiles())('%s is a whole phone', (name) => {
    const profile = findProfile(name);
    expect(profile.name).toBe(name);
    const random = profile.partitions.filter(({ content }) => content === 'random').map((partition) => partition.name);
    expect(random).toEqual(profile.partitions.map((partition) => partition.name).filter((n) => CALIBRATION.test(n)));
    expect(random.length).toBeGreaterThanOrEqual(5);
    expect(profile.partitions.every(({ size }) => size > 0)).toBe(true);
    // From the first to the last byte of the region that holds them.
    const { user: region } = storageLayout(profile.storage.kind);
    const user = profile.partitions.filter((partition) => regionOf(partition) === region);
    expect(user[0]?.start).toBe(0);
    const last = user.at(-1);
    expect((last?.start ?? 0) + (last?.size ?? 0)).toBe(profile.storage.regions[region]);
  });

  it('have the rest of the user area for user data', () => {
    const profile = findProfile('mt6580-emmc');
    const userdata = profile.partitions.find(({ name }) => name === 'userdata');
    const flashinfo = profile.partitions.find(({ name }) => name === 'flashinfo');
    expect((userdata?.start ?? 0) + (userdata?.size ?? 0)).toBe(flashinfo?.start);
  });

  it('keep two copies of the preloader', () => {
    expect(extentsOf(findProfile('mt6580-emmc'), 'PRELOADER')).toEqual([
      { region: 'boot1', start: 0, length: 0x40000 },
      { region: 'boot2', start: 0, length: 0x40000 },
    ]);
    expect(extentsOf(findProfile('mt6785-ufs'), 'preloader')).toEqual([
      { region: 'lu0', start: 0, length: 0x80000 },
      { region: 'lu1', start: 0, length: 0x80000 },
    ]);
    expect(extentsOf(findProfile('mt6580-emmc'), 'nothing')).toEqual([]);
  });

  it('can be had as files to begin with', () => {
    const text = profileText('mt6572-nand');
    expect(parseProfile(JSON.parse(text))).toEqual(findProfile('mt6572-nand'));
    expect(() => profileText('mt9999')).toThrow(ProfileError);
  });

  it('are missed with their names', () => {
    expect(() => findProfile('mt9999')).toThrow(/mt9999.*mt6580-emmc/);
  });
});

describe('a profile that somebody wrote', () => {
  /** The sample with one value replaced, or removed; the path is dotted. */
  const changed = (path: string, value?: unknown, original: unknown = sample): unknown => {
    const copy = structuredClone(original) as Record<string, unknown>;
    const steps = path.split('.');
    const last = steps.pop() as string;
    const place = steps.reduce((at, step) => at[step] as Record<string, unknown>, copy);
    if (value === undefined) delete place[last];
    else place[last] = value;
    return copy;
  };

  it.each<[string, string, unknown, RegExp]>([
    ['a missing part', 'bootRom', undefined, /^bootRom: is missing/],
    ['an unknown part', 'agent.colour', 'red', /^agent\.colour: is not known; known here: generation/],
    ['text for a number', 'ramSize', '1 GB', /^ramSize: "1 GB" is not a whole number/],
    ['a number that is too large', 'hwCode', '0x12345', /^hwCode: "0x12345" is not between 0 and 65535/],
    ['a word that does not exist', 'agent.legacy.dramExchange', 'both', /dramExchange: "both" is not one of/],
    ['an id that is none', 'storage.id', '1501', /^storage\.id: "1501" does not look like/],
    ['an agent without its facts', 'agent.legacy', undefined, /^agent\.legacy: is missing/],
    ['overlapping partitions', 'partitions.3.start', '0x100000', /\(nvram\): overlaps proinfo/],
    ['a partition beyond the end', 'partitions.3.size', '0x1d2000000', /\(nvram\): ends beyond region user/],
    ['half a block', 'partitions.3.size', 100, /multiples of 512/],
    ['no partitions', 'partitions', [], /^partitions: the list is empty/],
    ['an unknown region', 'partitions.3.region', 'gp1', /the phone has no region gp1/],
  ])('is refused with %s', (_, path, value, message) => {
    expect(() => parseProfile(changed(path, value))).toThrow(ProfileError);
    expect(() => parseProfile(changed(path, value))).toThrow(message);
  });

  it.each<[string, string, unknown, RegExp]>([
    [
      'the blocks of another kind of storage',
      'storage.blockSize',
      512,
      /^storage\.blockSize: ufs .* 4096 bytes, not 512/,
    ],
    ['a region that its storage has to have', 'storage.regions.lu1', undefined, /^storage\.regions\.lu1: is missing/],
    ['an id that is too long', 'storage.id', 'KM2V8001CM-B707-X', /UFS product name of up to 16 characters/],
    ['half a block', 'partitions.3.size', 512, /multiples of 4096/],
  ])('is refused for UFS storage with %s', (_, path, value, message) => {
    expect(() => parseProfile(changed(path, value, sampleUfs))).toThrow(message);
  });

  const nand = JSON.parse(profileText('mt6572-nand')) as unknown;
  it.each<[string, string, unknown, RegExp]>([
    ['without its geometry', 'storage.nand', undefined, /^storage\.nand: is missing/],
    ['with a GPT', 'storage.table', 'gpt', /^storage\.table: phones with NAND have a pmt/],
    ['with half a block', 'storage.regions.nand', 0x20010000, /^storage\.regions\.nand: .* erase block, 131072 bytes/],
    ['with too few spare bytes', 'storage.nand.spareSize', 32, /^storage\.nand\.spareSize: has to be 64/],
    ['without a pool', 'storage.nand.poolBlocks', 2, /^storage\.nand\.poolBlocks: 2 of 4096 blocks/],
    ['with a bad first block', 'storage.nand.badBlocks', [0], /^storage\.nand\.badBlocks: block 0 is good/],
    ['with a bad block it does not have', 'storage.nand.badBlocks', [5000], /has 4096 blocks, and 5000/],
    [
      'with more bad blocks than its pool replaces',
      'storage.nand.poolBlocks',
      4,
      /the pool has 3 good blocks for 5 bad ones/,
    ],
    ['with an id that is none', 'storage.id', '98bc', /5 to 7 id bytes/],
    ['with partitions inside a block', 'partitions.1.start', 0x41000, /multiples of 131072/],
  ])('is refused for NAND %s', (_, path, value, message) => {
    expect(() => parseProfile(changed(path, value, nand))).toThrow(message);
  });

  it('is refused when it is no object', () => {
    expect(() => parseProfile([])).toThrow(/the profile: \[\] is not an object/);
  });
});
