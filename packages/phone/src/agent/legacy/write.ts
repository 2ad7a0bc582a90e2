import { LegacyByte, LegacyCommand, LegacyError, LegacyWriteData, LegacyWriteImage } from '@unbrick/core/wire';
import { type CheckedRange, checkRange, regionOfPart } from './address-range.js';
import { halfword, word } from './host-line.js';
import { ImageWriter } from './image-writer.js';
import { hangOnMadPacketSize, receivePackets } from './packets.js';
import { logCommand, type Stage2 } from './stage2-state.js';

/** Bits of the checksum level. */
const COMPARE_PACKETS = 1;
const READ_BACK = 2;
/** Bits of the image status: this image opens or closes a download. 4 leaves the record alone. */
const FIRST_IMAGE = 1;
const LAST_IMAGE = 2;

/** SDMMC_WRITE_DATA: the host chooses the packet size; no sum over everything. */
export async function writeData(agent: Stage2): Promise<void> {
  const { host, session } = agent;
  const wanted = await host.layout(LegacyWriteData, ['address', 'length']);
  const { part, address, length, packetSize, checksumLevel } = wanted;
  logCommand(agent, LegacyCommand.SDMMC_WRITE_DATA, true, { part, address, length });
  await hangOnMadPacketSize(host, packetSize);
  const range = checkWrite(agent, part, address, length);
  if (typeof range === 'number') return host.refuse(range);
  await host.ack();

  const writer = new ImageWriter(session.storage, range, (checksumLevel & READ_BACK) !== 0);
  await receivePackets(host, length, packetSize, (checksumLevel & COMPARE_PACKETS) !== 0, writer);
  agent.readBackSum = writer.readBackSum;
}

/** SDMMC_WRITE_IMAGE: the agent dictates the packet size and compares the sum over the whole image. */
export async function writeImage(agent: Stage2): Promise<void> {
  const { host, session } = agent;
  const wanted = await host.layout(LegacyWriteImage, ['address', 'length']);
  const { part, address, length, imageIndex, imageStatus, checksumLevel } = wanted;
  logCommand(agent, LegacyCommand.SDMMC_WRITE_IMAGE, true, { part, address, length, imageIndex });
  const packetSize = agent.options.imagePacketSize;
  const range = checkWrite(agent, part, address, length);
  // The packet size comes first even when a refusal follows.
  if (typeof range === 'number') {
    return host.send(word(packetSize), Uint8Array.of(LegacyByte.NACK), word(range));
  }
  await host.send(word(packetSize), Uint8Array.of(LegacyByte.ACK));
  if (imageStatus < 4 && imageStatus & FIRST_IMAGE) agent.downloadStatus = 'DL_START';

  const writer = new ImageWriter(session.storage, range, (checksumLevel & READ_BACK) !== 0);
  const sum = await receivePackets(host, length, packetSize, (checksumLevel & COMPARE_PACKETS) !== 0, writer);
  agent.readBackSum = writer.readBackSum;
  if (sum === undefined) return;
  if ((await host.u16()) !== sum) {
    return host.send(Uint8Array.of(LegacyByte.NACK), halfword(sum));
  }
  if (imageStatus < 4 && imageStatus & LAST_IMAGE) agent.downloadStatus = 'DL_DONE';
  await host.ack();
}

/** @returns the range, or the error word that refuses it */
function checkWrite({ session }: Stage2, part: number, address: number, length: number): CheckedRange | number {
  const range = checkRange(session.storage, part, address, length);
  if (typeof range === 'number') return range;
  return session.faults.signedOnly ? LegacyError.SECURITY_DOWNLOAD_FORBIDDEN : range;
}

/** SDMMC_SWITCH_PART: which region READ and FORMAT mean. */
export async function switchPart(agent: Stage2): Promise<void> {
  const { host, session } = agent;
  await host.ack();
  const part = await host.u8();
  logCommand(agent, LegacyCommand.SDMMC_SWITCH_PART, false, { part });
  if (regionOfPart(session.storage, part) === undefined) return host.refuse(LegacyError.DA_SDMMC_CONFIG);
  agent.part = part;
  await host.ack();
}
