import type { Region } from '@unbrick/core';
import {
  ascii,
  bytes,
  LegacyBootLoaderRecord,
  LegacyByte,
  LegacyCommand,
  LegacyError,
  struct,
  text,
  u16,
  u32,
} from '@unbrick/core/wire';
import { hang } from '../../device/wire.js';
import { errorOf, hangOnMadPacketSize, receivePackets } from './packets.js';
import { logCommand, type Stage2 } from './stage2-state.js';

/** Head of a boot area, at its first byte; 0xFF up to the layout. */
const DeviceHeader = struct('little', { name: text(12), version: u32, layoutOffset: u32 });
const DEVICE_NAME = 'EMMC_BOOT';
/** The layout: what boot ROM looks for in a boot area. */
const BootLayout = struct('little', { name: text(8), version: u32, firstImage: u32, boundary: u32 });
const BootLayoutEntry = struct('little', {
  magic: bytes(4),
  device: u16,
  type: u16,
  begin: u32,
  boundary: u32,
  attribute: u32,
});
const LAYOUT_OFFSET = 0x200;
const FIRST_IMAGE = 0x800;
/** Images end on multiples of this in the layout, bytes. */
const BOUNDARY_UNIT = 0x400;
/** "eMMC boot region". */
const DEVICE_EMMC_BOOT = 5;
/** Descriptors between the layout's head and the first image. */
const MAX_LOADERS = 8;
/** Hashes are 32 bytes; a count beyond this means the stream is out of step. */
const MAD_HASH_LENGTH = 0x1000;

const BOOT_AREAS: Region[] = ['boot1', 'boot2'];

type LoaderRecord = ReturnType<typeof LegacyBootLoaderRecord.parse>;

/**
 * DOWNLOAD_BLOADER: takes plain preloader files, puts device header and layout before them and writes both boot areas
 * (protocol section "DOWNLOAD_BLOADER", file format section "Preloader file").
 */
export async function downloadBootLoader(agent: Stage2): Promise<void> {
  const { host, session } = agent;
  logCommand(agent, LegacyCommand.DOWNLOAD_BLOADER, true);
  await host.ack();
  const hashLength = await host.u32();
  if (hashLength > MAD_HASH_LENGTH) await hang(session.wire);
  await host.skip(hashLength); // a key hash: phones without secure boot have nothing to hold against it
  await host.sendWord(0);
  const packetSize = await host.u32();
  const refusal = deviceRefusal(await host.u8());
  if (refusal !== undefined) return host.refuse(refusal);
  await host.ack();
  await host.sendByte((await hasLoader(agent)) ? LegacyByte.CONT : LegacyByte.ACK);
  await hangOnMadPacketSize(host, packetSize);

  const records = await receiveRecords(agent);
  if (!records) return;
  await host.ack(); // the profiles as a whole
  agent.downloadStatus = 'BL_START';
  const area = new AreaBuilder(records);
  for (const record of records) {
    const at = area.place(record.size);
    let done = 0;
    const sum = await receivePackets(host, record.size, packetSize, true, {
      put: async (data) => {
        area.image.set(data, at + done);
        done += data.length;
      },
    });
    if (sum === undefined) return; // stopped before anything was written
  }
  if (records.length === 0) return host.ack();
  const error = await errorOf(writeAreas(agent, area.finish()), LegacyError.DA_SDMMC_WRITE_FAILED);
  if (error !== undefined) return host.refuse(error);
  agent.downloadStatus = 'BL_DONE';
  await host.ack();
}

/** Why a boot loader cannot go to that kind of flash, or nothing for eMMC. */
function deviceRefusal(device: number): number | undefined {
  if (device === 5 || device === 6) return undefined;
  if (device === 0) return LegacyError.DA_BOOTLOADER_DEVICE_NONE;
  if (device === 1 || device === 7) return LegacyError.DA_NOR_NOT_FOUND;
  if (device <= 4) return LegacyError.DA_NAND_NOT_FOUND;
  return device === 8 ? LegacyError.DA_SDMMC_NOT_FOUND : LegacyError.DA_BOOTLOADER_DEVICE_UNSUPPORTED;
}

/** Whether the first boot area holds a boot loader already: then this is an update. */
async function hasLoader({ session }: Stage2): Promise<boolean> {
  const head = await session.storage.read('boot1', 0, DeviceHeader.size);
  return DeviceHeader.parse(head).name === DEVICE_NAME;
}

/** The announced files, each acknowledged; nothing when one was refused. */
async function receiveRecords(agent: Stage2): Promise<LoaderRecord[] | undefined> {
  const { host, session } = agent;
  const count = await host.u32();
  if (count > MAX_LOADERS) await hang(session.wire);
  const room = (session.storage.regions.get('boot1') ?? 0) - FIRST_IMAGE;
  const records: LoaderRecord[] = [];
  for (let i = 0; i < count; i++) {
    if ((await host.u8()) !== LegacyByte.ACK) continue; // an unused slot, of which nothing more comes
    const record = await host.layout(LegacyBootLoaderRecord);
    records.push(record);
    const total = records.reduce((sum, { size }) => sum + roundUp(size), 0);
    if (record.size === 0 || total > room) {
      await host.refuse(LegacyError.DA_INVALID_RANGE);
      return undefined;
    }
    await host.ack();
  }
  return records;
}

/** A boot area in memory: its heads, then the files one after another. */
class AreaBuilder {
  readonly image: Uint8Array;
  private next = FIRST_IMAGE;
  private count = 0;

  constructor(private readonly records: readonly LoaderRecord[]) {
    this.image = new Uint8Array(FIRST_IMAGE + records.reduce((sum, { size }) => sum + roundUp(size), 0));
    this.image.fill(0xff, 0, LAYOUT_OFFSET);
    this.image.set(DeviceHeader.build({ name: DEVICE_NAME, version: 1, layoutOffset: LAYOUT_OFFSET }));
  }

  /** @returns where the next file of that size goes */
  place(size: number): number {
    const begin = this.next;
    const record = this.records[this.count] as LoaderRecord;
    this.next += roundUp(size);
    this.image.set(
      BootLayoutEntry.build({
        magic: ascii('BBBB'),
        device: DEVICE_EMMC_BOOT,
        type: record.type,
        begin,
        boundary: this.next,
        attribute: 1,
      }),
      LAYOUT_OFFSET + BootLayout.size + this.count * BootLayoutEntry.size,
    );
    this.count++;
    return begin;
  }

  finish(): Uint8Array {
    this.image.set(
      BootLayout.build({ name: 'BRLYT', version: 1, firstImage: FIRST_IMAGE, boundary: this.next }),
      LAYOUT_OFFSET,
    );
    return this.image;
  }
}

async function writeAreas({ session }: Stage2, image: Uint8Array): Promise<void> {
  for (const region of BOOT_AREAS) {
    if ((session.storage.regions.get(region) ?? 0) >= image.length) await session.storage.write(region, 0, image);
  }
}

function roundUp(size: number): number {
  return Math.ceil(size / BOUNDARY_UNIT) * BOUNDARY_UNIT;
}
