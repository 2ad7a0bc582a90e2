import { LEGACY_MAX_PACKET, LegacyByte, LegacyError, sum16, viewOf } from '@unbrick/core/wire';
import { hang } from '../../device/wire.js';
import { StorageFault } from '../../storage/phone-storage.js';
import { type HostLine, halfword } from './host-line.js';

/** Packets of this size or none bring an agent to a stop: its buffer is fixed. */
export async function hangOnMadPacketSize(host: HostLine, packetSize: number): Promise<void> {
  if (packetSize === 0 || packetSize > LEGACY_MAX_PACKET) await hang(host.wire);
}

/** Takes the data of a packet; a StorageFault is told to the host, and the packet may come again. */
export interface PacketSink {
  put(data: Uint8Array): Promise<void>;
}

/** A sink that cannot take a packet says with this which error word the host shall get. */
export class PacketRefused extends Error {
  override readonly name = 'PacketRefused';
  constructor(readonly errorWord: number) {
    super(`packet refused with 0x${errorWord.toString(16)}`);
  }
}

/**
 * Receives `length` bytes in packets, each with a leading byte and a checksum, and answers each (protocol section
 * "SDMMC_WRITE_DATA"). A packet that was refused is expected again.
 * @param compare whether the packet checksums are looked at
 * @returns the sum of all bytes, or `undefined` when the host stopped in between
 */
export async function receivePackets(
  host: HostLine,
  length: number,
  packetSize: number,
  compare: boolean,
  sink: PacketSink,
): Promise<number | undefined> {
  let total = 0;
  for (let rest = length; rest > 0; ) {
    const lead = await host.u8();
    if (lead === LegacyByte.STOP) return undefined;
    if (lead !== LegacyByte.ACK) await hang(host.wire);
    const size = Math.min(packetSize, rest);
    const packet = await host.wire.read(size + 2);
    const data = packet.subarray(0, size);
    const sum = sum16(data);
    if (compare && sum !== viewOf(packet).getUint16(size)) {
      await host.refuse(LegacyError.DA_DATA_CHECKSUM_ERROR);
      continue;
    }
    const refusal = host.answers.word() ?? (await errorOf(sink.put(data), LegacyError.DA_SDMMC_WRITE_FAILED));
    if (refusal !== undefined) {
      await host.refuse(refusal);
      continue;
    }
    await host.sendByte(LegacyByte.CONT);
    total = (total + sum) & 0xffff;
    rest -= size;
  }
  return total;
}

/**
 * Sends `length` bytes in packets, each with its checksum; the host acknowledges each or asks for it again (protocol
 * section "READ").
 * @param fetch the bytes at an offset counted from the start of the transfer
 */
export async function sendPackets(
  host: HostLine,
  length: number,
  packetSize: number,
  fetch: (offset: number, count: number) => Promise<Uint8Array>,
): Promise<void> {
  for (let at = 0; at < length; ) {
    const count = Math.min(packetSize, length - at);
    do {
      // Fetched anew for a repeat: the wire may have given the earlier bytes away.
      const data = await fetch(at, count);
      const sum = halfword(sum16(data));
      await host.wire.write(data);
      await host.wire.write(sum);
    } while (await wantsAgain(host));
    at += count;
  }
}

/** Values other than "next" and "again" are passed over. */
async function wantsAgain(host: HostLine): Promise<boolean> {
  for (;;) {
    const answer = await host.u8();
    if (answer === LegacyByte.ACK) return false;
    if (answer === LegacyByte.NACK) return true;
  }
}

/** The error word for the host when the memory chip failed; other failures of the program go on up. */
export async function errorOf(work: Promise<void>, storageError: number): Promise<number | undefined> {
  try {
    await work;
    return undefined;
  } catch (failure) {
    if (failure instanceof PacketRefused) return failure.errorWord;
    if (failure instanceof StorageFault) return storageError;
    throw failure;
  }
}
