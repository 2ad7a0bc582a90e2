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
type Row = [name: string, start: number, size: number, operation: string, image?: true];

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
}

/** A firmware folder in memory, looked through. */
export async function firmwareFacts({ rows = FACTORY, seed = 1 }: FirmwareChange = {}): Promise<FirmwareFacts> {
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
    });
  });
  folder.set('MT6735_Android_scatter.txt', headText({ block_size: '0x200' }) + blocks.join(''));
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
    region: 'boot1' as const,
  };
  const image = facts.selected[0]?.image;
  return {
    ...facts,
    selected: [{ partition, path: 'preloader.bin', ...(image ? { image } : {}) }, ...facts.selected],
    preloader: { file, problems: [] } as unknown as Preloader,
  };
}

const born = new Map<Row[], FakeAgent['memory']>();

/** The phone as it came from the factory, with its own calibration data. */
export function bornPhone(rows: Row[] = FACTORY): FakeAgent {
  const agent = new FakeAgent(PHONE_STORAGE);
  let memory = born.get(rows);
  if (!memory) {
    memory = makePhone(rows).memory;
    born.set(rows, memory);
  }
  for (const [region, bytes] of memory) agent.memory.get(region)?.set(bytes);
  return agent;
}

function makePhone(rows: Row[]): FakeAgent {
  const agent = new FakeAgent(PHONE_STORAGE);
  const user = agent.memory.get('user') as Uint8Array;
  const partitions = entriesOf(rows);
  for (const { name, start, length } of partitions) user.set(bytesOf(`factory ${name}`, length), start);
  const gpt = buildGpt(partitions, USER_SIZE, 512);
  user.set(gpt.primary);
  user.set(gpt.backup, gpt.backupStart);
  for (const boot of ['boot1', 'boot2'] as const) agent.memory.get(boot)?.set(bytesOf('old preloader', 64 * KIB));
  return agent;
}

export function entriesOf(rows: Row[]): PartitionTable['partitions'] {
  const end = USER_SIZE - 33 * 512;
  return rows.map(([name, start, size]) => ({
    name,
    region: 'user' as const,
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
