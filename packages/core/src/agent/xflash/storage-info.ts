import { UnbrickError } from '../../errors/unbrick-error.js';
import type { Region, StorageInfo } from '../../storage/storage.js';
import {
  array,
  bytes,
  decode,
  hexBytes,
  latin1,
  type Struct,
  struct,
  u16,
  u32,
  XflashChipId,
  XflashControl,
  XflashEmmcInfo,
  XflashPacketLength,
  XflashRamRecord,
  XflashRamType,
  XflashStorage,
  XflashUfsInfoHead,
} from '../../wire/index.js';
import { controlGet, controlName } from './device-control.js';
import type { XflashChannel } from './frame.js';
import { describeStatus, refused } from './status.js';

/** UFS_INFO after its head: 208-byte form (2019 on). Older builds send a 16-byte CID right after the head. */
const UfsIdentity = struct('little', { vendorId: u16, cid: bytes(20) });
const UfsIdentityOld = struct('little', { cid: bytes(16) });
const UFS_INFO_OLD_SIZE = 56;

/** RAM_INFO of 32-bit builds. */
const RamRecord32 = struct('little', { type: u32, base: u32, size: u32 });

const USUAL_SIZE = { emmc: 104, ufs: 208, nand: 48, nor: 16, ram: 48, chipId: 12, packetLength: 8 } as const;
/** Larger packets bring nothing and cost memory. */
const LARGEST_PACKET = 0x200000;
const SMALLEST_PACKET = 0x200;

/** Asks for each kind of storage until one is fitted. @throws UnbrickError `STORAGE_NOT_FOUND`, `STORAGE_UNSUPPORTED` */
export async function queryStorage(channel: XflashChannel): Promise<StorageInfo> {
  const seen: string[] = [];
  const ask = async (control: number, usualSize: number): Promise<Uint8Array | undefined> => {
    const { status, data } = await controlGet(channel, control, usualSize);
    if (data && decodeType(data, control) !== XflashStorage.NONE) return data;
    seen.push(`${controlName(control)}: ${data ? 'not fitted' : describeStatus(status)}`);
    return undefined;
  };
  const emmc = await ask(XflashControl.GET_EMMC_INFO, USUAL_SIZE.emmc);
  if (emmc) return emmcStorage(emmc);
  const ufs = await ask(XflashControl.GET_UFS_INFO, USUAL_SIZE.ufs);
  if (ufs) return ufsStorage(ufs);
  if (await ask(XflashControl.GET_NAND_INFO, USUAL_SIZE.nand)) throw unsupported('NAND');
  if (await ask(XflashControl.GET_NOR_INFO, USUAL_SIZE.nor)) throw unsupported('NOR');
  throw new UnbrickError({
    code: 'STORAGE_NOT_FOUND',
    stage: 'agent',
    message: 'The Download Agent found no storage in the phone.',
    evidence: [...seen, ...channel.log.evidence()],
    next: [
      'Disconnect, charge the phone for a while and repeat.',
      'If it stays so, the memory chip does not answer: a repair shop can tell.',
    ],
  });
}

/** Size of the phone's RAM in bytes, where the agent tells it. */
export async function queryRamSize(channel: XflashChannel): Promise<number | undefined> {
  const { data } = await controlGet(channel, XflashControl.GET_RAM_INFO, USUAL_SIZE.ram);
  if (!data) return undefined;
  const record = data.length >= 2 * XflashRamRecord.size ? XflashRamRecord : RamRecord32;
  if (data.length < 2 * record.size) return undefined;
  const records = parsed(array<{ type: number; size: number }>(record as never, 2), data, 'GET_RAM_INFO');
  const size = records.find(({ type }) => type === XflashRamType.DRAM)?.size ?? 0;
  return size > 0 ? size : undefined;
}

/** `undefined` when the agent does not tell. */
export async function queryChipId(channel: XflashChannel): Promise<{ hwCode: number } | undefined> {
  const { data } = await controlGet(channel, XflashControl.GET_CHIP_ID, USUAL_SIZE.chipId);
  return data && data.length >= XflashChipId.size ? XflashChipId.parse(data) : undefined;
}

/** `full-speed`, `high-speed`, …; `undefined` when the agent does not tell. */
export async function queryUsbSpeed(channel: XflashChannel): Promise<string | undefined> {
  const { data } = await controlGet(channel, XflashControl.GET_USB_SPEED);
  return data && latin1(data);
}

/** Whether the phone wants the maker's key before it does anything. No known public build has the question. */
export async function querySlaEnabled(channel: XflashChannel): Promise<boolean> {
  const { data } = await controlGet(channel, XflashControl.SLA_ENABLED_STATUS, 4);
  return data !== undefined && data.length >= 4 && decode(u32, 'little', data) === 1;
}

/**
 * How many bytes a chunk of a write may have: an even number, so that the checksum is the plain byte sum.
 * @throws UnbrickError `AGENT_REPLY_INVALID` for a length nobody can work with
 */
export async function queryWritePacketLength(channel: XflashChannel): Promise<number> {
  const { status, data } = await controlGet(channel, XflashControl.GET_PACKET_LENGTH, USUAL_SIZE.packetLength);
  if (!data) throw refused(status, { stage: 'agent', what: 'to tell its packet length' });
  const { write } = parsed(XflashPacketLength, data, 'GET_PACKET_LENGTH');
  if (write < SMALLEST_PACKET) throw invalidReply('GET_PACKET_LENGTH', data);
  return Math.min(write, LARGEST_PACKET) & ~1;
}

function emmcStorage(data: Uint8Array): StorageInfo {
  const info = parsed(XflashEmmcInfo, data, 'GET_EMMC_INFO');
  const sizes: [Region, number][] = [
    ['boot1', info.boot1Size],
    ['boot2', info.boot2Size],
    ['rpmb', info.rpmbSize],
    ...info.gpSizes.map((size, i): [Region, number] => [`gp${i + 1}` as Region, size]),
    ['user', info.userSize],
  ];
  if (info.userSize === 0) throw invalidReply('GET_EMMC_INFO', data);
  return {
    kind: 'emmc',
    blockSize: plausibleBlock(info.blockSize, data, 'GET_EMMC_INFO'),
    regions: existing(sizes),
    id: info.cid,
  };
}

function ufsStorage(data: Uint8Array): StorageInfo {
  const head = parsed(XflashUfsInfoHead, data, 'GET_UFS_INFO');
  if (head.lu2Size === 0) throw invalidReply('GET_UFS_INFO', data);
  const identity: Struct<{ cid: ReturnType<typeof bytes> }> =
    data.length > UFS_INFO_OLD_SIZE ? (UfsIdentity as never) : UfsIdentityOld;
  const tail = data.subarray(XflashUfsInfoHead.size);
  return {
    kind: 'ufs',
    blockSize: plausibleBlock(head.blockSize, data, 'GET_UFS_INFO'),
    regions: existing([
      ['lu0', head.lu0Size],
      ['lu1', head.lu1Size],
      ['lu2', head.lu2Size],
    ]),
    id: tail.length >= identity.size ? withoutPadding(identity.parse(tail).cid) : new Uint8Array(0),
  };
}

function existing(sizes: [Region, number][]): ReadonlyMap<Region, number> {
  return new Map(sizes.filter(([, size]) => size > 0));
}

function withoutPadding(text: Uint8Array): Uint8Array {
  let end = text.length;
  while (end > 0 && (text[end - 1] === 0 || text[end - 1] === 0x20)) end--;
  return text.slice(0, end);
}

function plausibleBlock(size: number, data: Uint8Array, what: string): number {
  const powerOfTwo = size > 0 && (size & (size - 1)) === 0;
  if (!powerOfTwo || size < 0x200 || size > 0x10000) throw invalidReply(what, data);
  return size;
}

function decodeType(data: Uint8Array, control: number): number {
  if (data.length < 4) throw invalidReply(controlName(control), data);
  return decode(u32, 'little', data);
}

/** Layouts throw RangeError for short blocks and for 64-bit sizes no phone can have. */
function parsed<T>(
  layout: { size: number; read(view: DataView, offset: number, little: boolean): T },
  data: Uint8Array,
  what: string,
): T {
  try {
    if (data.length < layout.size) throw new RangeError(`${layout.size} bytes expected`);
    return layout.read(new DataView(data.buffer, data.byteOffset, data.byteLength), 0, true);
  } catch (cause) {
    if (cause instanceof RangeError) throw invalidReply(what, data, cause);
    throw cause;
  }
}

function invalidReply(what: string, data: Uint8Array, cause?: unknown): UnbrickError {
  return new UnbrickError({
    code: 'AGENT_REPLY_INVALID',
    stage: 'agent',
    message: `The Download Agent's answer to ${what} makes no sense.`,
    evidence: [`${data.length} bytes: ${hexBytes(data.subarray(0, 64))}${data.length > 64 ? '…' : ''}`],
    next: ['Use the Download Agent that came with the firmware of this phone.', 'Start the phone afresh and repeat.'],
    ...(cause === undefined ? {} : { cause }),
  });
}

function unsupported(kind: string): UnbrickError {
  return new UnbrickError({
    code: 'STORAGE_UNSUPPORTED',
    stage: 'agent',
    message: `The phone has ${kind} storage, which this program does not write through this kind of agent yet.`,
    next: ['Use SP Flash Tool for this phone, and tell the project about it.'],
  });
}
