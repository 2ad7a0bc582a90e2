import { LegacyCommand, LegacyError, LegacyRead } from '@unbrick/core/wire';
import { StorageFault } from '../../storage/phone-storage.js';
import { type CheckedRange, checkRange, storageRefusal } from './address-range.js';
import { hangOnMadPacketSize, sendPackets } from './packets.js';
import { logCommand, type Stage2 } from './stage2-state.js';

/** READ: the bytes of the region that SDMMC_SWITCH_PART selected. */
export async function read(agent: Stage2): Promise<void> {
  const { host, session } = agent;
  const { storage, address, length } = await host.layout(LegacyRead, ['address', 'length']);
  logCommand(agent, LegacyCommand.READ, false, { part: agent.part, address, length });
  if (length === 0) return host.refuse(LegacyError.DA_INVALID_RANGE);
  if (storage === 0) return host.refuse(LegacyError.INVALID_ARGUMENTS);
  const refusal = storageRefusal(storage);
  if (refusal !== undefined) return host.refuse(refusal);
  const range = checkRange(session.storage, agent.part, address, length);
  if (typeof range === 'number') return host.refuse(range);
  await host.ack();
  const packetSize = await host.u32();
  await hangOnMadPacketSize(host, packetSize);
  await sendFlash(agent, range, packetSize);
}

/** The range in packets. A failing memory chip ends the command with an error word in place of a packet. */
export async function sendFlash(agent: Stage2, range: CheckedRange, packetSize: number): Promise<void> {
  const { host, session } = agent;
  try {
    await sendPackets(host, range.length, packetSize, (offset, count) =>
      session.storage.read(range.region, range.address + offset, count),
    );
  } catch (failure) {
    if (!(failure instanceof StorageFault)) throw failure;
    await host.refuse(LegacyError.DA_SDMMC_READ_FAILED);
  }
}
