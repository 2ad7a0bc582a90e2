import type { DeviceIdentity } from '../../bootrom/identity.js';
import { decodeTargetConfig } from '../../bootrom/target-config.js';
import { chipByHwCode } from '../../chips/chips.js';
import { type FirmwareFacts, gatherFirmwareFacts } from '../../firmware/firmware-facts.js';
import { MemoryFolder } from '../../firmware/memory-folder.js';
import { openFirmware } from '../../firmware/package.js';
import type { Preloader } from '../../firmware/preloader.js';
import { headText, partitionText } from '../../firmware/scatter/scatter-text.fixture.js';
import { selectPartitions } from '../../plan/selection.js';
import { buildGpt } from '../../storage/build-gpt.js';
import { buildPmt } from '../../storage/build-pmt.js';
import type { PartitionTable, StorageInfo } from '../../storage/storage.js';
import { FakeAgent } from './fake-agent.js';

/** A small phone and firmware for upgrade and format: kilobytes where real ones have gigabytes. */
const KIB = 1024;
export const USER_SIZE = 768 * KIB;

export const PHONE_STORAGE: StorageInfo = {
  kind: 'emmc',
  blockSize: 512,
  regions: new Map([
    ['boot1', 64 * KIB],
    ['boot2', 64 * KIB],
    ['user', USER_SIZE],
  ]),
  id: Uint8Array.of(0x15, 1, 0, 0x51, 0x45, 0x36, 0x33, 0x4d, 0x42, 2, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xf1),
};

/** A phone with a GPT, with a PMT on eMMC, with a PMT on NAND. */
export type PhoneAge = 'gpt' | 'pmt' | 'nand';

const ERASE_BLOCK = 8 * KIB;
/** Phones before GPT have their list in the last MiB. */
const PMT_STORAGE: StorageInfo = {
  ...PHONE_STORAGE,
  regions: new Map([...PHONE_STORAGE.regions, ['user', USER_SIZE + 0x100000]]),
};
const NAND_STORAGE: StorageInfo = {
  kind: 'nand',
  blockSize: 512,
  regions: new Map([['nand', USER_SIZE]]),
  id: Uint8Array.of(0x98, 0xbc, 0x90, 0x55, 0x76),
  nand: { pageSize: 512, spareSize: 16, eraseBlock: ERASE_BLOCK, poolSize: 8 * ERASE_BLOCK },
};
const STORAGES = { gpt: PHONE_STORAGE, pmt: PMT_STORAGE, nand: NAND_STORAGE };

export const IDENTITY: DeviceIdentity = {
  stage: 'preloader',
  hwCode: 0x321,
  hwSubCode: 0,
  hwVersion: 0,
  swVersion: 0,
  bromVersion: 0xff,
  bootloaderVersion: 1,
  ...(chipByHwCode(0x321) ? { chip: chipByHwCode(0x321) as NonNullable<ReturnType<typeof chipByHwCode>> } : {}),
  targetConfig: decodeTargetConfig(0),
};

/** Name, start and size in KiB, operation, whether the firmware has an image. */
export type Row = [name: string, start: number, size: number, operation: string, image?: true];

/** How the phone was born. */
export const FACTORY: Row[] = [
  ['proinfo', 32, 8, 'PROTECTED'],
  ['nvram', 40, 32, 'BINREGION'],
  ['protect1', 72, 16, 'PROTECTED'],
  ['protect2', 88, 16, 'PROTECTED'],
  ['lk', 104, 16, 'UPDATE', true],
  ['para', 120, 8, 'INVISIBLE'],
  ['boot', 128, 64, 'UPDATE', true],
  ['seccfg', 192, 8, 'INVISIBLE'],
  ['frp', 200, 8, 'INVISIBLE'],
  ['nvdata', 208, 48, 'INVISIBLE'],
  ['persist', 256, 48, 'PROTECTED'],
  ['nvcfg', 304, 16, 'PROTECTED'],
  ['vendorlog', 320, 16, 'INVISIBLE'],
  ['system', 336, 128, 'UPDATE', true],
  ['userdata', 464, 0, 'UPDATE', true],
];

/** A later firmware: `boot` has grown, and all behind it has moved. */
export const GROWN: Row[] = FACTORY.map(([name, start, size, ...more]) => {
  if (name === 'boot') return [name, start, size + 24, ...more];
  return start > 128 ? [name, start + 24, size, ...more] : [name, start, size, ...more];
});

/** What has to come out of every job as it went in. */
export const PRECIOUS = ['proinfo', 'nvram', 'protect1', 'protect2', 'seccfg', 'frp', 'nvdata', 'persist', 'nvcfg'];

export interface FirmwareChange {
  rows?: Row[];
  /** Content of the images differs with it. */
  seed?: number;
  age?: PhoneAge;
}

/** A firmware folder in memory, looked through. */
export async function firmwareFacts({
  rows = FACTORY,
  seed = 1,
  age = 'gpt',
}: FirmwareChange = {}): Promise<FirmwareFacts> {
  const onNand = age === 'nand';
  const place = onNand ? { region: 'NONE', storage: 'HW_STORAGE_NAND' } : {};
  const folder = new MemoryFolder('firmware');
  const blocks = rows.map(([name, start, size, operation, image], index) => {
    if (image) folder.set(`${name}.img`, bytesOf(`${name} image ${seed}`, Math.min((size || 64) - 2, 40) * KIB + 512));
    const address = `0x${(start * KIB).toString(16)}`;
    return partitionText(index, name, {
      file_name: image ? `${name}.img` : 'NONE',
      is_download: String(image === true),
      linear_start_addr: address,
      physical_start_addr: address,
      partition_size: `0x${(size * KIB).toString(16)}`,
      operation_type: operation,
      ...place,
    });
  });
  const head = onNand ? { storage: 'NAND', block_size: `0x${ERASE_BLOCK.toString(16)}` } : { block_size: '0x200' };
  folder.set('MT6735_Android_scatter.txt', headText(head) + blocks.join(''));
  const firmware = await openFirmware(folder);
  const layout = firmware.scatter.layouts[0];
  if (!layout) throw new Error('the test firmware has no layout');
  const facts = await gatherFirmwareFacts(firmware, layout, selectPartitions(layout, {}));
  const file = bytesOf(`preloader ${seed}`, 12 * KIB);
  const partition = {
    ...(layout.partitions[0] as FirmwareFacts['layout']['partitions'][number]),
    name: 'preloader',
    type: 'SV5_BL_BIN',
    operation: 'BOOTLOADERS' as const,
    region: onNand ? ('nand' as const) : ('boot1' as const),
  };
  const image = facts.selected[0]?.image;
  return {
    ...facts,
    selected: [{ partition, path: 'preloader.bin', ...(image ? { image } : {}) }, ...facts.selected],
    preloader: { file, problems: [] } as unknown as Preloader,
  };
}

const born = new Map<Row[], FakeAgent>();

/** The phone as it came from the factory, with its own calibration data. */
export function bornPhone(rows: Row[] = FACTORY, age: PhoneAge = 'gpt'): FakeAgent {
  const agent = new FakeAgent(STORAGES[age]);
  const model = born.get(rows) ?? makePhone(rows, age);
  born.set(rows, model);
  for (const [region, bytes] of model.memory) agent.memory.get(region)?.set(bytes);
  agent.list = model.list;
  agent.promised = model.promised;
  return agent;
}

function makePhone(rows: Row[], age: PhoneAge): FakeAgent {
  const agent = new FakeAgent(STORAGES[age]);
  const user = agent.memory.get(age === 'nand' ? 'nand' : 'user') as Uint8Array;
  const partitions = entriesOf(rows, age);
  for (const { name, start, length } of partitions) user.set(bytesOf(`factory ${name}`, length), start);
  for (const boot of ['boot1', 'boot2'] as const) agent.memory.get(boot)?.set(bytesOf('old preloader', 64 * KIB));
  const entries = partitions.map(({ name, start, length }) => ({ name, size: length, offset: start, mask: 0 }));
  if (age === 'gpt') {
    const gpt = buildGpt(partitions, USER_SIZE, 512);
    user.set(gpt.primary);
    user.set(gpt.backup, gpt.backupStart);
  } else if (age === 'pmt') {
    const pmt = buildPmt({ entries, written: { generation: 1, form: '64-bit' } }, user.length);
    for (const { start, bytes } of [pmt.main, pmt.mirror]) user.set(bytes, start);
  } else {
    agent.list = [...entries, { name: 'BMTPOOL', size: 8 * ERASE_BLOCK, offset: USER_SIZE, mask: 0 }];
    agent.promised = ['nand'];
  }
  return agent;
}

export function entriesOf(rows: Row[], age: PhoneAge = 'gpt'): PartitionTable['partitions'] {
  const end = { gpt: USER_SIZE - 33 * 512, pmt: USER_SIZE, nand: USER_SIZE - 2 * ERASE_BLOCK }[age];
  return rows.map(([name, start, size]) => ({
    name,
    region: age === 'nand' ? ('nand' as const) : ('user' as const),
    start: start * KIB,
    length: size > 0 ? size * KIB : end - start * KIB,
  }));
}

const made = new Map<string, Uint8Array>();

/** Bytes that look random, the same for the same name. Not to be changed. */
export function bytesOf(name: string, length: number): Uint8Array {
  const key = `${name}/${length}`;
  const before = made.get(key);
  if (before) return before;
  let state = 0x811c9dc5;
  for (const letter of name) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  made.set(key, bytes);
  return bytes;
}
