import { LegacyCommand, LegacyError, LegacyNandProgramFlag, LegacyNandWriteData } from '@unbrick/core/wire';
import type { NandFlash } from '../../../nand/nand-flash.js';
import { hangOnMadPacketSize, PacketRefused, receivePackets } from '../packets.js';
import { logCommand, type Stage2 } from '../stage2-state.js';
import { BlockWriter, type PageForm } from './block-writer.js';
import { addressingOf, checkNandRange, nandErrorOf } from './nand-range.js';

const FORMS: Partial<Record<number, PageForm>> = {
  [LegacyNandProgramFlag.PAGE]: 'page',
  [LegacyNandProgramFlag.PAGE_AND_SPARE]: 'page-and-spare',
  [LegacyNandProgramFlag.PAGE_AND_SPARE_ENCODED]: 'page-and-spare',
};

/** NAND_WRITE_DATA: raw pages into a run of blocks, which are erased on the way. */
export async function writeNandData(agent: Stage2, flash: NandFlash): Promise<void> {
  const { host } = agent;
  const wanted = await host.layout(LegacyNandWriteData);
  const { startBlock, blockCount, packetLength, dataLength } = wanted;
  logCommand(agent, LegacyCommand.NAND_WRITE_DATA, true, { startBlock, blockCount, length: dataLength });
  await hangOnMadPacketSize(host, packetLength);
  const form = FORMS[wanted.programFlag];
  if (!form) return host.refuse(LegacyError.UNSUPPORTED_OPERATION);
  const addressing = addressingOf(wanted.addressType);
  const length = blockCount * flash.blockSize;
  const range = checkNandRange(flash, { address: startBlock * flash.blockSize, length, addressing }, flash.blockSize);
  if (typeof range === 'number') return host.refuse(range);
  const writer = new BlockWriter(flash, range.address, addressing, form);
  const { pageSize } = flash.chip.geometry;
  if (dataLength === 0 || dataLength > (length / pageSize) * writer.unit)
    return host.refuse(LegacyError.DA_INVALID_RANGE);
  await host.ack();
  let rest = dataLength;
  await receivePackets(host, dataLength, packetLength, true, {
    put: async (data) => {
      try {
        await writer.put(data);
        rest -= data.length;
        if (rest === 0) await writer.finish();
      } catch (fault) {
        throw new PacketRefused(nandErrorOf(fault));
      }
    },
  });
}
