import type { StorageKind } from '@unbrick/core';
import {
  ascii,
  BootDevice,
  bytes,
  LegacyBootLoaderRecord,
  LegacyByte,
  LegacyCommand,
  LegacyError,
  LegacyNandError,
  struct,
  text,
  u16,
  u32,
} from '@unbrick/core/wire';
import { hang } from '../../device/wire.js';
import { type BootTarget, emmcBootTarget, nandBootTarget } from './boot-target.js';
import { errorOf, hangOnMadPacketSize, receivePackets } from './packets.js';
import { logCommand, type Stage2 } from './stage2-state.js';

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
/** Descriptors between the layout's head and the first image. */
const MAX_LOADERS = 8;
/** Hashes are 32 bytes; a count beyond this means the stream is out of step. */
const MAD_HASH_LENGTH = 0x1000;

type LoaderRecord = ReturnType<typeof LegacyBootLoaderRecord.parse>;

/**
 * DOWNLOAD_BLOADER: takes plain preloader files, puts device header and layout before them and writes the boot area
 * or areas (protocol section "DOWNLOAD_BLOADER", file format section "Preloader file").
 */
export async function downloadBootLoader(agent: Stage2): Promise<void> {
  const { host, session } = agent;
  logCommand(agent, LegacyCommand.DOWNLOAD_BLOADER, true);
  if (session.faults.signedOnly) return host.refuse(LegacyError.SECURITY_DOWNLOAD_FORBIDDEN);
  if (session.profile.security?.agentRefuses?.includes('boot-loader')) {
    return host.refuse(LegacyError.SECURITY_DOWNLOAD_FORBIDDEN);
  }
  await host.ack();
  const hashLength = await host.u32();
  if (hashLength > MAD_HASH_LENGTH) await hang(session.wire);
  await host.skip(hashLength); // a key hash: phones without secure boot have nothing to hold against it
  await host.sendWord(0);
  const packetSize = await host.u32();
  const refusal = deviceRefusal(session.storage.kind, await host.u8());
  if (refusal !== undefined) return host.refuse(refusal);
  await host.ack();
  const target = agent.nand ? nandBootTarget(session, agent.nand) : emmcBootTarget(session);
  await host.sendByte((await target.hasLoader()) ? LegacyByte.CONT : LegacyByte.ACK);
  await hangOnMadPacketSize(host, packetSize);

  const records = await receiveRecords(agent, target);
  if (!records) return;
  await host.ack(); // the profiles as a whole
  agent.downloadStatus = 'BL_START';
  const area = new AreaBuilder(target, records);
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
  const error = await errorOf(
    target.write(area.finish()),
    WRITE_FAILED[session.storage.kind] ?? LegacyError.DA_SDMMC_WRITE_FAILED,
  );
  if (error !== undefined) return host.refuse(error);
  agent.downloadStatus = 'BL_DONE';
  await host.ack();
}

/** The error word for a chip that failed. */
const WRITE_FAILED: Partial<Record<StorageKind, number>> = { nand: LegacyNandError.PAGE_PROGRAM_FAILED };

/** Why a boot loader cannot go to that kind of flash, or nothing for what the phone has. */
function deviceRefusal(kind: StorageKind, device: number): number | undefined {
  switch (device) {
    case 0:
      return LegacyError.DA_BOOTLOADER_DEVICE_NONE;
    case BootDevice.NOR:
    case BootDevice.SERIAL_FLASH:
      return LegacyError.DA_NOR_NOT_FOUND;
    case BootDevice.NAND_SEQUENTIAL:
    case BootDevice.NAND_TTBL:
    case BootDevice.NAND_FDM:
      return kind === 'nand' ? undefined : LegacyError.DA_NAND_NOT_FOUND;
    case BootDevice.EMMC_BOOT:
    case BootDevice.EMMC_DATA:
      return kind === 'emmc' ? undefined : LegacyError.DA_EMMC_NOT_FOUND;
    case BootDevice.SD:
      return LegacyError.DA_SDMMC_NOT_FOUND;
    default:
      return LegacyError.DA_BOOTLOADER_DEVICE_UNSUPPORTED;
  }
}

/** The announced files, each acknowledged; nothing when one was refused. */
async function receiveRecords(agent: Stage2, target: BootTarget): Promise<LoaderRecord[] | undefined> {
  const { host, session } = agent;
  const count = await host.u32();
  if (count > MAX_LOADERS) await hang(session.wire);
  const room = target.room - target.firstImage;
  const records: LoaderRecord[] = [];
  for (let i = 0; i < count; i++) {
    if ((await host.u8()) !== LegacyByte.ACK) continue; // an unused slot, of which nothing more comes
    const record = await host.layout(LegacyBootLoaderRecord);
    records.push(record);
    const total = records.reduce((sum, { size }) => sum + roundUp(size, target.boundaryUnit), 0);
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
  private next: number;
  private count = 0;

  constructor(
    private readonly target: BootTarget,
    private readonly records: readonly LoaderRecord[],
  ) {
    const { firstImage, boundaryUnit, layoutOffset, head } = target;
    this.next = firstImage;
    this.image = new Uint8Array(firstImage + records.reduce((sum, { size }) => sum + roundUp(size, boundaryUnit), 0));
    this.image.fill(0xff, 0, layoutOffset);
    this.image.set(head);
  }

  /** @returns where the next file of that size goes */
  place(size: number): number {
    const { boundaryUnit, layoutOffset, device } = this.target;
    const begin = this.next;
    const record = this.records[this.count] as LoaderRecord;
    this.next += roundUp(size, boundaryUnit);
    this.image.set(
      BootLayoutEntry.build({
        magic: ascii('BBBB'),
        device,
        type: record.type,
        begin,
        boundary: this.next,
        attribute: 1,
      }),
      layoutOffset + BootLayout.size + this.count * BootLayoutEntry.size,
    );
    this.count++;
    return begin;
  }

  finish(): Uint8Array {
    const { firstImage, layoutOffset } = this.target;
    this.image.set(BootLayout.build({ name: 'BRLYT', version: 1, firstImage, boundary: this.next }), layoutOffset);
    return this.image;
  }
}

function roundUp(size: number, unit: number): number {
  return Math.ceil(size / unit) * unit;
}
