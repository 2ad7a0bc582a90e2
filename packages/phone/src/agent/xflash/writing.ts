/** WRITE_DATA and DOWNLOAD: docs/protocol/xflash-agent.md, "Reading and writing". */
import type { Region } from '@unbrick/core';
import { decode, hex, latin1, u64, XflashStatus, xflashChunkSum } from '@unbrick/core/wire';
import { regionSize } from '../flash/fitted-storage.js';
import { AgentError } from '../flash/flash-context.js';
import { PreloaderSink } from '../flash/preloader-sink.js';
import { type ImageSink, Programmer } from '../flash/programmer.js';
import { RawSink } from '../flash/raw-sink.js';
import { PartitionSink } from '../flash/sparse-sink.js';
import { type AgentState, ChecksumLevel, flashOf, logCommand, statusOf } from './agent-state.js';
import { packetLengths } from './control-gets.js';
import { writeDownloadRecord } from './download-record.js';
import { checkFlashBlock, describeFlashBlock, receiveFlashBlock } from './flash-block.js';
import { findNamedArea, NAME_LIMIT, PRELOADER } from './named-area.js';

/** How far a wrong cancel value lets the agent write past the data. */
const STRAY_WRITE_LENGTH = 1 << 20;

/** Bytes of an image on their way to the storage. */
interface Transfer {
  sink: ImageSink;
  length: number;
  /** Where the rubbish of a wrong cancel value lands. */
  region: Region;
  start: number;
}

export async function writeData(state: AgentState): Promise<void> {
  const block = await receiveFlashBlock(state);
  const target = checkFlashBlock(state, block);
  // Even raw addresses of the user area need a table on the card; the boot areas do not.
  if (target.status === XflashStatus.OK && target.region === state.fitted.user) {
    if ((await state.tables.partitions()) === undefined) target.status = XflashStatus.READ_PARTITION_TABLE_FAILED;
  }
  if (target.status === XflashStatus.OK && state.session.faults.signedOnly)
    target.status = XflashStatus.SECURITY_POLICY;
  logCommand(state, 'WRITE_DATA', true, describeFlashBlock(block, target));
  await state.channel.status(target.status);
  if (target.status !== XflashStatus.OK || target.region === undefined) return;
  const { region } = target;
  await writeDownloadRecord(state, 'WRITE_DATA');
  const sink = new RawSink(flashOf(state), region, block.address, block.length);
  await receiveImage(state, { sink, length: block.length, region, start: block.address });
  await writeDownloadRecord(state, 'WRITE_DATA done');
}

export async function download(state: AgentState): Promise<void> {
  const { channel, tables } = state;
  const name = latin1(await channel.receiveText(NAME_LIMIT));
  const length = imageLength(await channel.receiveBlock(8));
  const forbidden = state.session.faults.signedOnly ? XflashStatus.SECURITY_FORBIDDEN : undefined;
  const transfer = forbidden ?? (await findTransfer(state, name, length));
  if (typeof transfer === 'number') {
    logCommand(state, 'DOWNLOAD', true, { name, length, status: hex(transfer, 8) });
    await channel.status(transfer);
    return;
  }
  logCommand(state, 'DOWNLOAD', true, { name, length });
  await channel.status(XflashStatus.OK);
  await writeDownloadRecord(state, `DOWNLOAD ${name}`);
  await receiveImage(state, transfer);
  if (isTableName(name)) tables.forget();
  await writeDownloadRecord(state, `DOWNLOAD ${name} done`);
}

async function findTransfer(state: AgentState, name: string, length: number): Promise<Transfer | number> {
  const { user, blockSize } = state.fitted;
  if (isTableName(name)) {
    const size = regionSize(state.session.storage, user);
    // The first copy starts at sector 0, the second ends with the last sector.
    const start = name.toUpperCase() === 'PGPT' ? 0 : size - Math.ceil(length / blockSize) * blockSize;
    if (start < 0) return XflashStatus.IMAGE_TOO_LARGE;
    return { sink: new RawSink(flashOf(state), user, start, size - start), length, region: user, start };
  }
  const area = await findNamedArea(state, name);
  if (typeof area === 'number') return area;
  const { region, start } = area;
  const sink =
    name.toLowerCase() === PRELOADER
      ? new PreloaderSink(flashOf(state), length)
      : new PartitionSink(flashOf(state), area);
  return { sink, length, region, start };
}

function isTableName(name: string): boolean {
  return ['PGPT', 'SGPT'].includes(name.toUpperCase());
}

function imageLength(block: Uint8Array): number {
  try {
    return decode(u64, 'little', block);
  } catch (error) {
    if (error instanceof RangeError) return Number.MAX_SAFE_INTEGER;
    throw error;
  }
}

/**
 * Chunks of `→ 0, → checksum, → data, ← chunk status` until `length` bytes have come; then the final status. A failure is
 * told in a chunk status when there is one to send, and again in the final status.
 */
async function receiveImage(state: AgentState, transfer: Transfer): Promise<void> {
  const { channel } = state;
  const programmer = new Programmer(flashOf(state), transfer.sink, transfer.length);
  let received = 0;
  try {
    while (received < transfer.length) {
      const goOn = await channel.receiveWord();
      if (goOn !== 0) throw await cancelled(state, programmer, transfer, received, goOn);
      const checksum = await channel.receiveWord();
      const length = await channel.receiveHeader(Math.min(packetLengths(state).write, transfer.length - received));
      const chunk = await programmer.room(length);
      await channel.receiveInto(chunk);
      if ((state.checksumLevel & ChecksumLevel.USB) !== 0 && xflashChunkSum(chunk) !== checksum) {
        programmer.failure ??= XflashStatus.CHECKSUM_ERROR;
      }
      await programmer.commit(length, byteSum(checksum, length));
      received += length;
      await channel.print(`write ${received}`);
      await channel.status(programmer.failure ?? XflashStatus.OK);
      if (programmer.failure !== undefined) break;
    }
    await programmer.finish();
  } catch (error) {
    programmer.failure = statusOf(error, state);
  } finally {
    await programmer.abandon();
  }
  await channel.status(programmer.failure ?? XflashStatus.OK);
}

/** The plain byte sum behind a checksum word, for the read-back check. A word with its upper half set agrees with no sum at all. */
function byteSum(checksum: number, length: number): number {
  return checksum > 0xffff ? Number.NaN : checksum - (length & 1 ? 0xff : 0);
}

/**
 * The host's word comes back as the final status. A word without the top bit is no error for the agents' writer: it also
 * writes its second buffer, whose length was never set, and rubbish lands on the card behind the data. (On real phones
 * only in most tries; here always, so that a host that cancels in this way is found out.)
 */
async function cancelled(
  state: AgentState,
  programmer: Programmer,
  { region, start }: Transfer,
  received: number,
  word: number,
): Promise<AgentError> {
  await programmer.abandon();
  if ((word & 0x80000000) === 0) {
    const at = start + received;
    const length = Math.min(STRAY_WRITE_LENGTH, regionSize(state.session.storage, region) - at);
    logCommand(state, 'STRAY_WRITE', true, { section: region, address: hex(at), length });
    await state.session.storage.write(region, at, new Uint8Array(length).fill(0xa5));
  }
  return new AgentError(word);
}
