import type { Region } from '@unbrick/core';
import {
  type BootMode,
  findProfile,
  MemoryStorage,
  type PhoneLogEntry,
  type Profile,
  type ProfilePartition,
  parseFault,
  VirtualPhone,
} from '@unbrick/phone';

const KIB = 1024;

/** Name, start and size in KiB, what it is born with, operation, whether a firmware has an image. */
type Row = [
  name: string,
  start: number,
  size: number,
  content: ProfilePartition['content'],
  operation: ProfilePartition['operation'],
  image?: true,
];

/** A layout of a few MiB, with everything in it that modes treat in their own ways. */
const ROWS: Row[] = [
  ['pgpt', 0, 32, 'empty', 'INVISIBLE'],
  ['proinfo', 32, 96, 'random', 'PROTECTED'],
  ['nvram', 128, 256, 'random', 'BINREGION'],
  ['protect1', 384, 128, 'random', 'PROTECTED'],
  ['protect2', 512, 128, 'random', 'PROTECTED'],
  ['lk', 640, 128, 'image', 'UPDATE', true],
  ['para', 768, 64, 'random', 'INVISIBLE'],
  ['boot', 832, 512, 'image', 'UPDATE', true],
  ['seccfg', 1344, 64, 'random', 'INVISIBLE'],
  ['frp', 1408, 64, 'random', 'INVISIBLE'],
  ['nvdata', 1472, 512, 'random', 'INVISIBLE'],
  ['persist', 1984, 512, 'random', 'PROTECTED'],
  ['nvcfg', 2496, 64, 'random', 'PROTECTED'],
  ['vendorlog', 2560, 64, 'random', 'INVISIBLE'],
  ['system', 2624, 2048, 'image', 'UPDATE', true],
  ['userdata', 4672, 0, 'random', 'UPDATE', true],
];

/** The same with two slots, as phones since 2017 have it. */
const SLOTS: Row[] = ROWS.flatMap((row): Row[] => {
  const [name, start, size, content, operation] = row;
  if (name !== 'boot') return [row];
  return [
    ['boot_a', start, size / 2, content, operation, true],
    ['boot_b', start + size / 2, size / 2, content, operation],
  ];
});

/** The same as phones before GPT have it: boot records that point at the file systems, and names of that time. */
const BEFORE_GPT: Row[] = [
  ['MBR', 0, 16, 'image', 'UPDATE', true],
  ['EBR1', 16, 16, 'image', 'UPDATE', true],
  ['PRO_INFO', 32, 96, 'random', 'PROTECTED'],
  ['NVRAM', 128, 256, 'random', 'BINREGION'],
  ['PROTECT_F', 384, 128, 'random', 'PROTECTED'],
  ['PROTECT_S', 512, 128, 'random', 'PROTECTED'],
  ['UBOOT', 640, 128, 'image', 'UPDATE', true],
  ['MISC', 768, 64, 'random', 'INVISIBLE'],
  ['BOOTIMG', 832, 512, 'image', 'UPDATE', true],
  ['SECCFG', 1344, 64, 'random', 'INVISIBLE'],
  ['FRP', 1408, 64, 'random', 'INVISIBLE'],
  ['EBR2', 1472, 16, 'image', 'UPDATE', true],
  ['VENDORLOG', 1488, 64, 'random', 'INVISIBLE'],
  ['ANDROID', 1552, 2048, 'image', 'UPDATE', true],
  ['USRDATA', 3600, 0, 'random', 'UPDATE', true],
  ['BMTPOOL', 6656, 1536, 'random', 'RESERVED'],
];

/** What has to come out of an upgrade or a format as it went in. */
export const PRECIOUS = ['proinfo', 'nvram', 'protect1', 'protect2', 'seccfg', 'frp', 'nvdata', 'persist', 'nvcfg'];
const PRECIOUS_BEFORE_GPT = ['PRO_INFO', 'NVRAM', 'PROTECT_F', 'PROTECT_S', 'SECCFG', 'FRP'];

/** {@link PRECIOUS} as this phone has it. */
export function preciousOf({ partitions }: Profile): string[] {
  return partitions.map(({ name }) => name).filter((name) => [...PRECIOUS, ...PRECIOUS_BEFORE_GPT].includes(name));
}

const USER_SIZE = 8 * 1024 * KIB;
const BOOT_SIZE = 256 * KIB;

export interface SmallPhoneOptions {
  slots?: boolean;
  /** `boot` has grown by so many KiB, and all behind it has moved. */
  grown?: number;
}

/** A profile with a few MiB of storage where the named one has gigabytes. */
export function smallProfile(base: string, { slots = false, grown = 0 }: SmallPhoneOptions = {}): Profile {
  const profile = findProfile(base);
  const { kind, blockSize } = profile.storage;
  const user: Region = kind === 'ufs' ? 'lu2' : 'user';
  const boots: Region[] = kind === 'ufs' ? ['lu0', 'lu1'] : ['boot1', 'boot2'];
  const rows = profile.storage.table === 'pmt' ? BEFORE_GPT : slots ? SLOTS : ROWS;
  const after = rows.find(([name]) => /^boot/i.test(name))?.[1] ?? 0;
  // Behind it lies the second copy of the table; phones before GPT have a reserve there, and their list in its last MiB.
  const reserve = rows.find(([name]) => name === 'BMTPOOL')?.[1];
  const end = reserve ?? USER_SIZE / KIB - (kind === 'ufs' ? 48 : 33);
  const partitions: ProfilePartition[] = rows.map(([name, start, size, content, operation, image]) => {
    const from = start > after && operation !== 'RESERVED' ? start + grown : start;
    const length = size === 0 ? end - from : start === after ? size + grown : size;
    const file = image ? { fileName: fileOf(name) } : {};
    return { name, region: user, start: from * KIB, size: length * KIB, content, operation, ...file };
  });
  const preloader: ProfilePartition = {
    name: profile.storage.table === 'pmt' ? 'PRELOADER' : 'preloader',
    region: boots[0] as Region,
    start: 0,
    size: BOOT_SIZE,
    content: 'image',
    operation: 'BOOTLOADERS',
    fileName: `preloader_${profile.project}.bin`,
  };
  if (partitions.some(({ start, size }) => start % blockSize !== 0 || size % blockSize !== 0)) {
    throw new Error('the small layout is not aligned to the blocks of the storage');
  }
  return {
    ...profile,
    name: `small-${base}`,
    // Without locks: a phone that has lost its preloader has to be reachable.
    bootRom: { ...profile.bootRom, targetConfig: 0 },
    storage: {
      ...profile.storage,
      regions: { [boots[0] as Region]: BOOT_SIZE, [boots[1] as Region]: BOOT_SIZE, [user]: USER_SIZE },
    },
    partitions: [preloader, ...partitions],
  };
}

function fileOf(name: string): string {
  return /^(MBR|EBR\d)$/.test(name) ? name : `${name.replace(/_[ab]$/, '').toLowerCase()}.img`;
}

/** Name and size in erase blocks of 128 KiB; otherwise as above. */
const NAND_ROWS: [string, number, ProfilePartition['content'], ProfilePartition['operation'], string?][] = [
  ['PRELOADER', 2, 'image', 'BOOTLOADERS', 'preloader.bin'],
  ['PRO_INFO', 2, 'random', 'PROTECTED'],
  ['NVRAM', 3, 'random', 'BINREGION'],
  ['PROTECT_F', 4, 'random', 'PROTECTED'],
  ['UBOOT', 3, 'image', 'UPDATE', 'lk.bin'],
  ['BOOTIMG', 8, 'image', 'UPDATE', 'boot.img'],
  ['PROTECT_S', 4, 'random', 'PROTECTED'],
  ['SECCFG', 1, 'random', 'INVISIBLE'],
  ['MISC', 2, 'empty', 'INVISIBLE'],
  ['ANDROID', 24, 'image', 'UPDATE', 'system.img'],
  ['USRDATA', 12, 'random', 'UPDATE', 'userdata.img'],
];
const NAND_POOL = 12;

/** A NAND phone of some MiB, with bad blocks. @param grown `BOOTIMG` has so many blocks more, at the cost of user data */
export function smallNandProfile(grown = 0): Profile {
  const profile = findProfile('mt6572-nand');
  const { nand, blockSize } = profile.storage;
  if (!nand) throw new Error('the NAND phone has no NAND');
  const block = blockSize * nand.pagesPerBlock;
  let at = 0;
  const partitions = NAND_ROWS.map(([name, usual, content, operation, fileName]): ProfilePartition => {
    const start = at * block;
    const blocks = usual + (name === 'BOOTIMG' ? grown : name === 'USRDATA' ? -grown : 0);
    at += blocks;
    const named = fileName ? { fileName } : {};
    return { name, region: 'nand', start, size: blocks * block, content, operation, ...named };
  });
  // Behind the last partition the two blocks of the table, then the pool that stands in for bad blocks.
  const pool = (at + 2) * block;
  const size = pool + NAND_POOL * block;
  partitions.push({
    name: 'BMTPOOL',
    region: 'nand',
    start: pool,
    size: NAND_POOL * block,
    content: 'empty',
    operation: 'RESERVED',
  });
  return {
    ...profile,
    name: 'small-nand',
    storage: {
      ...profile.storage,
      regions: { nand: size, 'nand-spare': (size / blockSize) * nand.spareSize },
      // In NVRAM, PROTECT_S and ANDROID, and the block of the table's first copy.
      nand: { ...nand, poolBlocks: NAND_POOL, badBlocks: [6, 24, 40, at], wornBlocks: [] },
    },
    partitions,
  };
}

/** Every good block erased, with partition table and map of bad blocks; the factory's marks stay. */
export async function wipeNand({ storage, phone }: SmallPhone): Promise<void> {
  const { nand, blockSize, regions } = phone.profile.storage;
  if (!nand) throw new Error('no NAND');
  const [data, spare] = [blockSize * nand.pagesPerBlock, nand.spareSize * nand.pagesPerBlock];
  for (let block = 0; block < (regions.nand ?? 0) / data; block++) {
    if (nand.badBlocks.includes(block)) continue;
    await storage.erase('nand', block * data, data);
    await storage.erase('nand-spare', block * spare, spare);
  }
}

/** A NAND as its pages read: an erased one, which takes no room in the storage, as 0xFF. */
export function nandAsRead(content: Map<Region, Uint8Array>, { storage }: Profile): Uint8Array {
  const bytes = (content.get('nand') as Uint8Array).slice();
  const spare = (content as Map<string, Uint8Array>).get('nand-spare') as Uint8Array;
  const { blockSize, nand } = storage;
  const spareSize = nand?.spareSize ?? 0;
  for (let page = 0; page * blockSize < bytes.length; page++) {
    const erased = spare.subarray(page * spareSize, (page + 1) * spareSize).every((byte) => byte === 0);
    if (erased) bytes.fill(0xff, page * blockSize, (page + 1) * blockSize);
  }
  return bytes;
}

export interface SmallPhone {
  phone: VirtualPhone;
  storage: MemoryStorage;
  log: PhoneLogEntry[];
}

/**
 * @param fault as `unbrick phone --fault` takes it
 * @param memory of a phone that was unplugged; without it the phone is new
 */
export async function plugIn(
  profile: Profile,
  mode: BootMode = 'preloader',
  fault?: string,
  memory = new MemoryStorage(profile.storage.kind, profile.storage.regions),
): Promise<SmallPhone> {
  const log: PhoneLogEntry[] = [];
  const phone = new VirtualPhone({
    profile,
    mode,
    storage: memory,
    replugMs: 1,
    onLog: (entry) => log.push(entry),
    ...(fault ? { faults: parseFault(fault) } : {}),
  });
  await phone.ready();
  return { phone, storage: memory, log };
}

/** All that the phone's storage holds. */
export async function contentOf(storage: MemoryStorage): Promise<Map<Region, Uint8Array>> {
  const content = new Map<Region, Uint8Array>();
  for (const [region, size] of storage.regions) content.set(region as Region, await storage.read(region, 0, size));
  return content;
}

/** The bytes of one partition of a phone laid out like this. */
export function partitionBytes(content: Map<Region, Uint8Array>, profile: Profile, name: string): Uint8Array {
  const partition = profile.partitions.find((each) => each.name === name);
  if (!partition) throw new Error(`${profile.name} has no ${name}`);
  const bytes = content.get(partition.region ?? 'user') as Uint8Array;
  return bytes.subarray(partition.start, partition.start + partition.size);
}

/** Fast, where a matcher would compare element by element. */
export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && Buffer.from(a.buffer, a.byteOffset, a.length).equals(b);
}
