import { buildGpt, findPartitionTable, repairTable, UnbrickError } from '@unbrick/core';
import { crc32, encode, GptEntry, GptHeader, u32 } from '@unbrick/core/wire';
import type { MemoryStorage } from '@unbrick/phone';
import { tableOfList } from '../../../packages/core/src/agent/legacy/partition-list.js';
import { MemoryFolderBackup } from '../../support/memory-shelf.js';
import { firmwareFiles, flashing, openFiles, withPhone } from './on-the-phone.js';
import type { Scenario, Scenarios } from './scenario.js';

/** Partition tables that are not as they should be, on phones whose agent leaves reading them to the host. */

const PHONE = 'mt6765-emmc';
const SECTOR = 512;

/** A phone whose table has been changed, met by a flash job. */
const table = (spoil: (storage: MemoryStorage, size: number) => Promise<void>): Scenario =>
  flashing({
    profile: PHONE,
    spoil: (storage) => spoil(storage, storage.regions.get('user') ?? 0),
    job: { checkOnly: true },
  });

const wipe = (storage: MemoryStorage, at: number, length = SECTOR) => storage.write('user', at, new Uint8Array(length));

/** Changes the entries of one copy of the GPT and makes its checksums right again. */
async function rewrite(
  storage: MemoryStorage,
  sector: number,
  change: (entries: Uint8Array, header: ReturnType<typeof GptHeader.parse>) => void,
): Promise<void> {
  const header = GptHeader.parse(await storage.read('user', sector * SECTOR, SECTOR));
  const entries = (
    await storage.read('user', header.entriesLba * SECTOR, header.entryCount * header.entrySize)
  ).slice();
  change(entries, header);
  await storage.write('user', header.entriesLba * SECTOR, entries);
  const bytes = new Uint8Array(SECTOR);
  bytes.set(GptHeader.build({ ...header, entriesCrc: crc32(entries), headerCrc: 0 }));
  bytes.set(encode(u32, 'little', crc32(bytes.subarray(0, header.headerSize))), GptHeader.offsets.headerCrc);
  await storage.write('user', header.currentLba * SECTOR, bytes);
}

/** Changes one entry. */
const entry =
  (index: number, change: (entry: ReturnType<typeof GptEntry.parse>) => object) => (entries: Uint8Array) => {
    const at = index * GptEntry.size;
    const before = GptEntry.parse(entries, at);
    entries.set(GptEntry.build({ ...before, ...change(before) }), at);
  };

/** What reading the table of a storage tells that holds nothing but what `fill` puts there. */
const disk =
  (fill: (disk: Uint8Array) => void = () => {}): Scenario =>
  async () => {
    const bytes = new Uint8Array(4 << 20);
    fill(bytes);
    const read = async (offset: number, length: number) => bytes.slice(offset, offset + length);
    try {
      return (await findPartitionTable(read, bytes.length, SECTOR)).problems;
    } catch (cause) {
      if (!(cause instanceof UnbrickError)) throw cause;
      return [cause, ...cause.evidence.map((line) => ({ code: /\[(\w+)\]$/.exec(line)?.[1] ?? '', message: line }))];
    }
  };
/** Four entries of a boot record: type, first sector, sectors. */
function bootRecord(disk: Uint8Array, sector: number, entries: [type: number, first: number, sectors: number][]): void {
  for (const [i, [type, first, sectors]] of entries.entries()) {
    const at = sector * SECTOR + 446 + i * 16;
    disk[at + 4] = type;
    disk.set(encode(u32, 'little', first), at + 8);
    disk.set(encode(u32, 'little', sectors), at + 12);
  }
  disk.set([0x55, 0xaa], sector * SECTOR + 510);
}

export const PARTITION_TABLES: Scenarios = {
  GPT_PRIMARY_INVALID: table((storage) => wipe(storage, SECTOR)),
  GPT_BACKUP_INVALID: table((storage, size) => wipe(storage, size - SECTOR)),
  GPT_COPIES_DIFFER: table((storage, size) =>
    rewrite(
      storage,
      size / SECTOR - 1,
      entry(0, () => ({ attributes: new Uint8Array(8).fill(1) })),
    ),
  ),
  GPT_ENTRY_INVALID: table((storage) =>
    rewrite(
      storage,
      1,
      entry(2, () => ({ lastLba: 1 << 30 })),
    ),
  ),
  GPT_OVERLAP: table((storage) =>
    rewrite(
      storage,
      1,
      entry(2, ({ lastLba }) => ({ lastLba: lastLba + 8 })),
    ),
  ),
  GPT_BACKUP_MISPLACED: table(async (storage, size) => {
    const smaller = buildGpt([{ name: 'lk', start: 0xa0000, length: 0x20000 }], size / 2, SECTOR);
    await wipe(storage, size - SECTOR);
    await storage.write('user', 0, smaller.primary);
    await storage.write('user', size / 2 - smaller.backup.length, smaller.backup);
  }),
  NO_PARTITION_TABLE: flashing({
    profile: PHONE,
    spoil: async (storage) => {
      const size = storage.regions.get('user') ?? 0;
      await wipe(storage, 0, SECTOR * 34);
      await wipe(storage, size - SECTOR * 33, SECTOR * 33);
    },
    job: { mode: 'upgrade', checkOnly: true, selection: {} },
  }),
  TABLE_NOT_REPAIRABLE: () =>
    withPhone(
      {
        profile: PHONE,
        spoil: async (storage) => {
          await wipe(storage, SECTOR);
          await wipe(storage, (storage.regions.get('user') ?? 0) - SECTOR);
        },
      },
      async (phone, profile) => {
        const firmware = await openFiles(await firmwareFiles(profile));
        await repairTable({
          firmware,
          source: phone.portSource(),
          emit: () => {},
          makeFolder: async () => new MemoryFolderBackup(''),
        });
        return [];
      },
    ),
  GPT_EMPTY: disk((bytes) => bytes.set(buildGpt([], bytes.length, SECTOR).primary)),
  PMT_MAIN_INVALID: disk(),
  PMT_MIRROR_INVALID: disk(),
  MBR_INVALID: disk(),
  MBR_ENTRY_INVALID: disk((bytes) =>
    bootRecord(bytes, 0, [
      [0x83, 64, 100],
      [0x83, 5000, 1 << 20],
    ]),
  ),
  MBR_CHAIN_INVALID: disk((bytes) => {
    bootRecord(bytes, 0, [[0x05, 1000, 3000]]);
    bootRecord(bytes, 1000, [
      [0x83, 10, 90],
      [0x05, 0, 500],
    ]);
  }),
  PARTITION_LIST_UNUSABLE: () => {
    tableOfList(
      { state: 0x5a, raw: new Uint8Array(96).fill(7) },
      { kind: 'emmc', blockSize: 512, regions: new Map(), id: new Uint8Array(16) },
    );
    return [];
  },
};
