import { UnbrickError } from '../../errors/unbrick-error.js';
import { GFH_MAGIC, GfhFileInfo, GfhHeader } from '../../firmware/preloader-layout.js';
import type { StorageInfo } from '../../storage/storage.js';
import {
  BootDevice,
  concat,
  encode,
  hex,
  LegacyBootLoaderRecord,
  LegacyByte,
  LegacyCommand,
  struct,
  sum16,
  u16,
  u32,
} from '../../wire/index.js';
import type { OnBytes } from '../agent.js';
import type { Conversation } from './conversation.js';

const GfhBlInfo = struct('little', { header: GfhHeader, attribute: u32 });
const GfhAntiClone = struct('little', { header: GfhHeader, enable: u16, reserved: u16, offset: u32, length: u32 });
const GFH_FILE_INFO = 0;
const GFH_BL_INFO = 1;
const GFH_ANTI_CLONE = 2;
/** Least size of the headers that are looked into. */
const GFH_SIZES: Partial<Record<number, number>> = {
  [GFH_FILE_INFO]: GfhFileInfo.size,
  [GFH_BL_INFO]: GfhBlInfo.size,
  [GFH_ANTI_CLONE]: GfhAntiClone.size,
};

/** Where the agent puts the file: behind its device header and layout block. */
interface BootPlace {
  /** Number of the flash device. */
  device: number;
  /** Bytes from the beginning of the boot area. */
  fileOffset: number;
  /** Bytes; the file's place ends at a multiple. */
  unit: number;
}

function bootPlace({ kind, nand }: StorageInfo): BootPlace {
  // The device header fills the first page of a NAND, the layout block the second.
  if (nand) return { device: BootDevice.NAND_SEQUENTIAL, fileOffset: 2 * nand.pageSize, unit: nand.pageSize };
  if (kind === 'sdmmc') return { device: BootDevice.SD, fileOffset: 0x800, unit: 0x200 };
  return { device: BootDevice.EMMC_BOOT, fileOffset: 0x800, unit: 0x200 };
}

/** Fits the smallest buffer; a preloader is a few hundred of them at most. */
const PACKET_SIZE = 0x1000;
const EMPTY_KEY_HASH = new Uint8Array(0x20);

/**
 * Hands a plain preloader file to the agent, which makes the device header and writes the boot area or areas
 * (docs/protocol/legacy-agent.md, "DOWNLOAD_BLOADER"). It is never stopped on the way: that would leave a phone without a
 * preloader.
 * @param beforeFirstByte called once the file has proven to be a preloader
 * @throws UnbrickError `PRELOADER_INVALID` before anything is sent
 */
export async function downloadPreloader(
  talk: Conversation,
  storage: StorageInfo,
  file: Uint8Array,
  beforeFirstByte: () => Promise<void>,
  onBytes?: OnBytes,
): Promise<void> {
  const place = bootPlace(storage);
  const record = recordFor(file, place);
  await beforeFirstByte();
  talk.doing = { stage: 'write', what: 'writing the preloader' };
  await talk.sendByte(LegacyCommand.DOWNLOAD_BLOADER);
  await talk.ack('the permission to write the preloader');
  await talk.send(encode(u32, 'big', EMPTY_KEY_HASH.length), EMPTY_KEY_HASH);
  const keyCheck = await talk.u32('the check of the preloader key');
  if (keyCheck !== 0) throw talk.refused(keyCheck);
  await talk.send(encode(u32, 'big', PACKET_SIZE), Uint8Array.of(place.device));
  await talk.ack('the choice of the boot area');
  // ACK = the area was empty, CONT = there is a preloader to replace.
  await ackOrCont(talk, 'the state of the boot area');
  await talk.send(encode(u32, 'big', 1), Uint8Array.of(LegacyByte.ACK), record);
  await talk.ack('the check of the preloader record');
  await talk.ack('the acceptance of the preloader record');
  for (let at = 0; at < file.length; at += PACKET_SIZE) {
    const data = file.subarray(at, at + PACKET_SIZE);
    await talk.send(concat(Uint8Array.of(LegacyByte.ACK), data, encode(u16, 'big', sum16(data))));
    await ackOrCont(talk, 'the acknowledgement of a preloader packet', talk.timeouts.packetWritten);
    onBytes?.(at + data.length);
  }
  await talk.ack('the end of the preloader download', talk.timeouts.packetWritten);
}

async function ackOrCont(talk: Conversation, what: string, timeoutMs?: number): Promise<void> {
  const answer = await talk.byte(what, timeoutMs);
  if (answer === LegacyByte.ACK || answer === LegacyByte.CONT) return;
  if (answer === LegacyByte.NACK) throw talk.refused(await talk.u32('the error word of the agent'));
  throw talk.outOfStep(`${what} was ${hex(answer, 2)}`);
}

/** What the agent is told about the file, taken from the file's own headers. */
function recordFor(file: Uint8Array, { device, fileOffset, unit }: BootPlace): Uint8Array {
  const headers = gfhHeaders(file);
  const infoAt = headers.get(GFH_FILE_INFO);
  if (infoAt === undefined) throw invalid('it does not begin with a FILE_INFO header');
  const info = GfhFileInfo.parse(file, infoAt);
  if (info.fileLength > file.length) {
    throw invalid(`its header says ${info.fileLength} bytes, the file has ${file.length}`);
  }
  const blInfoAt = headers.get(GFH_BL_INFO);
  const antiCloneAt = headers.get(GFH_ANTI_CLONE);
  const antiClone = antiCloneAt === undefined ? undefined : GfhAntiClone.parse(file, antiCloneAt);
  return LegacyBootLoaderRecord.build({
    device,
    type: info.fileType,
    beginAddress: fileOffset,
    boundaryAddress: fileOffset + Math.ceil(file.length / unit) * unit,
    attribute: blInfoAt === undefined ? 1 : GfhBlInfo.parse(file, blInfoAt).attribute,
    maxSize: info.maxSize,
    antiCloneEnable: antiClone?.enable ? 1 : 0,
    antiCloneOffset: antiClone?.offset ?? 0,
    antiCloneLength: antiClone?.length ?? 0,
    size: file.length,
    reservedBlocks: 0,
    alignType: 0,
  });
}

/** Where the first header of each type starts. The chain ends at the first thing that is no header. */
function gfhHeaders(file: Uint8Array): Map<number, number> {
  const found = new Map<number, number>();
  for (let at = 0; at + GfhHeader.size <= file.length; ) {
    const { magic, size, type } = GfhHeader.parse(file, at);
    if (magic !== GFH_MAGIC || size < (GFH_SIZES[type] ?? GfhHeader.size) || at + size > file.length) break;
    if (!found.has(type)) found.set(type, at);
    at += size;
  }
  return found;
}

function invalid(why: string): UnbrickError {
  return new UnbrickError({
    code: 'PRELOADER_INVALID',
    stage: 'write',
    message: 'This file is not a preloader; nothing was sent to the phone.',
    evidence: [why],
    next: ['Use the preloader file (preloader_*.bin) of the firmware as it is.'],
  });
}
