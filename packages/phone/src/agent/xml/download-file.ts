/** DOWNLOAD-FILE: the host sends a file to the device. docs/protocol/xml-agent.md, "DOWNLOAD-FILE". */
import { XflashStatus, XmlAck, XmlRequest, xmlChunkSum } from '@unbrick/core/wire';
import { AgentError, flashStatus } from '../flash/flash-context.js';
import { type ImageSink, Programmer } from '../flash/programmer.js';
import { CommandFailed, flashOf, type XmlAgentState } from './agent-state.js';
import { packetLengths } from './packet-lengths.js';
import { CANCELLED } from './progress.js';
import { requestText, wireHex } from './request.js';

export interface Download {
  /** What the host is told the file is for. */
  info: string;
  sourceFile: string;
  /** The most bytes the device can take. */
  limit: number;
}

/** A chunk of a file that goes to flash memory was stored; the number is always 0. */
const CHUNK_STORED = 'OK@0x0';

/** A file that the device keeps in its memory. @throws CommandFailed */
export async function downloadToMemory(state: XmlAgentState, download: Download): Promise<Uint8Array> {
  const { channel } = state;
  const file = new Uint8Array(await openDownload(state, download));
  for (let at = 0; at < file.length; ) {
    const { length, sum } = await nextChunk(state, file.length - at);
    const chunk = file.subarray(at, at + length);
    await channel.receiveInto(chunk);
    const found = xmlChunkSum(chunk);
    if (state.parameters.checksUsb && !sumsAgree(found, sum)) {
      await channel.sendText(XmlAck.ERR);
      throw new CommandFailed(
        `USB checksum error, chksum in PC is ${wireHex(sum)}, chksum in RAM is ${wireHex(found)}\n`,
      );
    }
    at += length;
    await channel.sendText(XmlAck.OK);
  }
  return file;
}

/**
 * A file that goes to flash memory, programmed one packet behind reception: an error of one chunk is told with a later one
 * or only by CMD:END. Resolves to the running sum of the chunks. @throws CommandFailed, AgentError
 */
export async function downloadToFlash(
  state: XmlAgentState,
  download: Download,
  sinkFor: (total: number) => ImageSink,
): Promise<number> {
  const { channel, parameters } = state;
  const total = await openDownload(state, download);
  if (total === 0) return 0;
  const programmer = new Programmer(flashOf(state), sinkFor(total), total, packetLengths(state).download);
  let imageSum = 0;
  try {
    for (let received = 0; received < total; ) {
      const { length, sum } = await nextChunk(state, total - received);
      const chunk = await programmer.room(length);
      await channel.receiveInto(chunk);
      const own = parameters.checksUsb ? xmlChunkSum(chunk) : sum;
      // The text about a wrong sum goes to the agent's own log on this path.
      if (!sumsAgree(own, sum)) programmer.failure ??= XflashStatus.CHECKSUM_ERROR;
      imageSum = (imageSum + own) >>> 0;
      await programmer.commit(length);
      received += length;
      await channel.print(`write ${received}`);
      if (programmer.failure !== undefined) {
        await channel.sendText(XmlAck.ERR);
        break;
      }
      await channel.sendText(CHUNK_STORED);
    }
    await programmer.finish();
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    programmer.failure = flashStatus(error, state.fitted);
  } finally {
    await programmer.abandon();
  }
  if (programmer.failure === XflashStatus.IMAGE_TOO_LARGE) throw new CommandFailed(TOO_LARGE);
  if (programmer.failure !== undefined) throw new AgentError(programmer.failure);
  return imageSum;
}

const TOO_LARGE = 'Data size bigger than partition max size.\n';

/** Asks for the file; resolves to its size. @throws CommandFailed */
async function openDownload(state: XmlAgentState, { info, sourceFile, limit }: Download): Promise<number> {
  const { channel, parameters } = state;
  await channel.sendText(
    requestText(XmlRequest.DOWNLOAD_FILE, {
      checksum: parameters.checksUsb ? 'CHK_ADD' : 'CHK_NO',
      info,
      source_file: sourceFile,
      packet_length: wireHex(packetLengths(state).download),
    }),
  );
  if (!(await channel.receiveAcknowledgement()).ok) throw new CommandFailed('Host notice error.\n');
  const { ok, value: total } = await channel.receiveAcknowledgement();
  if (!ok) throw new CommandFailed('Host notice error.\n');
  if (total > limit) {
    await channel.sendText(XmlAck.ERR);
    throw new CommandFailed(TOO_LARGE);
  }
  await channel.sendText(XmlAck.OK);
  return total;
}

/** The host announces a chunk or cancels; then the chunk's header. @throws CommandFailed when the host cancels */
async function nextChunk(state: XmlAgentState, left: number): Promise<{ length: number; sum: number }> {
  const { channel } = state;
  const { ok, value: sum } = await channel.receiveAcknowledgement();
  if (!ok) {
    await channel.sendText(XmlAck.ERR);
    throw new CommandFailed(`${CANCELLED}Host Notify error.`);
  }
  await channel.sendText(XmlAck.OK);
  let length: number;
  do length = await channel.receiveHeader(Math.min(packetLengths(state).download, left));
  while (length === 0);
  return { length, sum };
}

/** Only the low halves are compared. */
function sumsAgree(one: number, other: number): boolean {
  return ((one ^ other) & 0xffff) === 0;
}
