import {
  encode,
  LegacyByte,
  LegacyCommand,
  LegacyError,
  LegacyNandGeometry,
  LegacyNandReadFlag,
  LegacyNandReadPage,
  sum16,
  u64,
} from '@unbrick/core/wire';
import { hang } from '../../../device/wire.js';
import { BadBlockFault } from '../../../nand/nand-chip.js';
import type { NandAddressing, NandFlash } from '../../../nand/nand-flash.js';
import { halfword } from '../host-line.js';
import { hangOnMadPacketSize } from '../packets.js';
import { logCommand, type Stage2 } from '../stage2-state.js';
import { addressingOf, checkNandRange } from './nand-range.js';

const WITH_PAGE: readonly number[] = [
  LegacyNandReadFlag.PAGE,
  LegacyNandReadFlag.PAGE_CORRECTED,
  LegacyNandReadFlag.PAGE_AND_SPARE,
  LegacyNandReadFlag.PAGE_AND_SPARE_CORRECTED,
];
const WITH_SPARE: readonly number[] = [
  LegacyNandReadFlag.SPARE,
  LegacyNandReadFlag.PAGE_AND_SPARE,
  LegacyNandReadFlag.PAGE_AND_SPARE_CORRECTED,
];

/** NAND_READ_PAGE: whole pages, with their spare bytes or these alone. The length is counted in data bytes of the pages. */
export async function readNandPages(agent: Stage2, flash: NandFlash): Promise<void> {
  const { host } = agent;
  const wanted = await host.layout(LegacyNandReadPage, ['address', 'length']);
  const { readFlag, address, length } = wanted;
  logCommand(agent, LegacyCommand.NAND_READ_PAGE, false, { readFlag, address, length });
  const parts = { page: WITH_PAGE.includes(readFlag), spare: WITH_SPARE.includes(readFlag) };
  if (!parts.page && !parts.spare) return host.refuse(LegacyError.INVALID_ARGUMENTS);
  const { pageSize, spareSize, pagesPerBlock } = flash.chip.geometry;
  const range = checkNandRange(flash, { address, length, addressing: addressingOf(wanted.addressType) }, pageSize);
  if (typeof range === 'number') return host.refuse(range);
  await host.ack();
  await host.send(LegacyNandGeometry.build({ pageSize, spareSize, unitPages: pagesPerBlock }));
  const pagesPerPacket = await host.u32();
  const unit = (parts.page ? pageSize : 0) + (parts.spare ? spareSize : 0);
  await hangOnMadPacketSize(host, pagesPerPacket * unit);
  const pages = Math.ceil(length / pageSize);
  await host.send(encode(u64, 'big', pages * unit));

  for (let done = 0; done < pages; ) {
    const count = Math.min(pagesPerPacket, pages - done);
    const bytes = await fetch(flash, address / pageSize + done, count, range.addressing, parts);
    if (!bytes) return host.sendByte(LegacyByte.NACK);
    await host.ack();
    await host.send(bytes, halfword(sum16(bytes)));
    const answer = await host.u8();
    if (answer === LegacyByte.ACK) done += count;
    else if (answer !== LegacyByte.NACK) await hang(host.wire);
  }
}

async function fetch(
  flash: NandFlash,
  page: number,
  count: number,
  addressing: NandAddressing,
  parts: { page: boolean; spare: boolean },
): Promise<Uint8Array | undefined> {
  const { pageSize, spareSize } = flash.chip.geometry;
  try {
    const { data, spare } = await flash.readPages(page, count, addressing);
    if (!parts.spare) return data;
    if (!parts.page) return spare;
    const unit = pageSize + spareSize;
    const bytes = new Uint8Array(count * unit);
    for (let i = 0; i < count; i++) {
      bytes.set(data.subarray(i * pageSize, (i + 1) * pageSize), i * unit);
      bytes.set(spare.subarray(i * spareSize, (i + 1) * spareSize), i * unit + pageSize);
    }
    return bytes;
  } catch (fault) {
    if (fault instanceof BadBlockFault) return undefined;
    throw fault;
  }
}
