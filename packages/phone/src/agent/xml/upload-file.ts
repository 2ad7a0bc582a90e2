/** UPLOAD-FILE: the device sends a file to the host. docs/protocol/xml-agent.md, "UPLOAD-FILE". */
import { XmlAck, XmlRequest } from '@unbrick/core/wire';
import { StorageFault } from '../../storage/phone-storage.js';
import { AgentError } from '../flash/flash-context.js';
import { CommandFailed, type XmlAgentState } from './agent-state.js';
import { packetLengths } from './packet-lengths.js';
import { CANCELLED } from './progress.js';
import { requestText, wireHex } from './request.js';

export interface Upload {
  /** What the host is told the file is. */
  info: string;
  targetFile: string;
  total: number;
  /** What stands before each chunk. */
  mark: string;
  /** @throws StorageFault */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Data of the flash memory; read one chunk ahead of the cable. */
export const FLASH_MARK = 'OK@0x0';

/** @throws CommandFailed when the host stops or the memory cannot be read */
export async function uploadFile(state: XmlAgentState, { info, targetFile, total, mark, read }: Upload): Promise<void> {
  const { channel } = state;
  const packet = packetLengths(state).upload;
  await channel.sendText(
    requestText(XmlRequest.UPLOAD_FILE, {
      checksum: 'CHK_NO',
      info,
      target_file: targetFile,
      packet_length: wireHex(packet),
    }),
  );
  await agreed(state);
  await channel.sendText(`OK@${wireHex(total)}`);
  await agreed(state);
  const ahead = (offset: number) => {
    const chunk = read(offset, Math.min(packet, total - offset));
    // Looked at when its turn comes, or never when the host stops.
    chunk.catch(() => undefined);
    return chunk;
  };
  let next = total > 0 ? ahead(0) : undefined;
  for (let done = 0; next; ) {
    const chunk = await orRefuse(state, next);
    await channel.sendText(mark);
    await agreed(state);
    done += chunk.length;
    next = done < total ? ahead(done) : undefined;
    await channel.sendData(chunk);
    await agreed(state);
  }
}

/** A file that the device makes in its memory; some of them carry their NUL inside the file. */
export async function uploadText(
  state: XmlAgentState,
  { info, targetFile, text, nul }: { info: string; targetFile: string; text: string; nul: boolean },
): Promise<void> {
  await uploadBytes(state, info, targetFile, new TextEncoder().encode(nul ? `${text}\0` : text));
}

export async function uploadBytes(
  state: XmlAgentState,
  info: string,
  targetFile: string,
  bytes: Uint8Array,
): Promise<void> {
  const read = async (offset: number, length: number) => bytes.subarray(offset, offset + length);
  await uploadFile(state, { info, targetFile, total: bytes.length, mark: XmlAck.OK, read });
}

async function agreed({ channel }: XmlAgentState): Promise<void> {
  if (!(await channel.receiveAcknowledgement()).ok) throw new CommandFailed(CANCELLED);
}

async function orRefuse(state: XmlAgentState, chunk: Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await chunk;
  } catch (error) {
    if (error instanceof StorageFault || error instanceof AgentError) await state.channel.sendText(XmlAck.ERR);
    throw error;
  }
}
