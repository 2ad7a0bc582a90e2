import { LegacyCommand, LegacyError, LegacyNandError, LegacyRead } from '@unbrick/core/wire';
import { AnsweredAsPlanned } from '../../planned-answers.js';
import { StorageFault } from '../../storage/phone-storage.js';
import { checkRange, storageRefusal } from './address-range.js';
import { checkNandRange } from './nand/nand-range.js';
import { hangOnMadPacketSize, sendPackets } from './packets.js';
import { logCommand, type Stage2 } from './stage2-state.js';

/** READ: the bytes of the region that SDMMC_SWITCH_PART selected. */
export async function read(agent: Stage2): Promise<void> {
  const { host, session } = agent;
  const { storage, address, length } = await host.layout(LegacyRead, ['address', 'length']);
  logCommand(agent, LegacyCommand.READ, false, { part: agent.part, address, length });
  if (length === 0) return host.refuse(LegacyError.DA_INVALID_RANGE);
  if (storage === 0) return host.refuse(LegacyError.INVALID_ARGUMENTS);
  const refusal = storageRefusal(session.storage.kind, storage);
  if (refusal !== undefined) return host.refuse(refusal);
  const range = findRange(agent, address, length);
  if (typeof range === 'number') return host.refuse(range);
  await host.ack();
  const packetSize = await host.u32();
  await hangOnMadPacketSize(host, packetSize);
  await sendFlash(agent, range, packetSize);
}

/** A run of bytes in the selected region, or of logical pages on NAND. */
export function findRange(agent: Stage2, address: number, length: number): ReadableRange | number {
  const { nand, session } = agent;
  if (!nand) {
    const range = checkRange(session.storage, agent.part, address, length);
    if (typeof range === 'number') return range;
    return { length, fetch: (offset, count) => session.storage.read(range.region, range.address + offset, count) };
  }
  const range = checkNandRange(nand, { address, length, addressing: 'logical' }, nand.chip.geometry.pageSize);
  if (typeof range === 'number') return range;
  return { length, fetch: (offset, count) => nand.read(address + offset, count) };
}

/** What a command sends to the host. */
export interface ReadableRange {
  length: number;
  fetch(offset: number, count: number): Promise<Uint8Array>;
}

/** The range in packets. A failing memory chip ends the command with an error word in place of a packet. */
export async function sendFlash({ host, nand }: Stage2, range: ReadableRange, packetSize: number): Promise<void> {
  try {
    await sendPackets(host, range.length, packetSize, async (offset, count) => {
      const planned = host.answers.word();
      if (planned !== undefined) throw new AnsweredAsPlanned(planned);
      return range.fetch(offset, count);
    });
  } catch (failure) {
    if (failure instanceof AnsweredAsPlanned) return host.refuse(failure.status);
    if (!(failure instanceof StorageFault)) throw failure;
    await host.refuse(nand ? LegacyNandError.BAD_BLOCK : LegacyError.DA_SDMMC_READ_FAILED);
  }
}
