import { LegacyCommand, LegacyError, LegacyStorage, struct, u32, u64 } from '@unbrick/core/wire';
import { storageRefusal } from './address-range.js';
import { findRange, sendFlash } from './read.js';
import { logCommand, type Stage2 } from './stage2-state.js';

const MemoryTest = struct('big', {
  memoryType: u32,
  address: u64,
  length: u64,
  ioWidth: u32,
  method: u32,
  pattern: u32,
});
const MemoryType = { NAND: 1, SRAM: 2, DRAM: 3, EMMC: 4, SD: 5 } as const;
const DUMP = 0;
const DUMP_PACKET = 0x100000;

/** MEMORY_TEST: dumps the eMMC; tests of healthy RAM find nothing. */
export async function memoryTest(agent: Stage2): Promise<void> {
  const { host } = agent;
  const { memoryType, address, length, method } = await host.layout(MemoryTest, ['address', 'length']);
  logCommand(agent, LegacyCommand.MEMORY_TEST, false, { memoryType, address, length, method });
  switch (memoryType) {
    case MemoryType.SRAM:
    case MemoryType.DRAM:
      if (method === DUMP) return host.refuse(LegacyError.UNSUPPORTED_OPERATION);
      await host.ack();
      return host.sendWord(0);
    case MemoryType.NAND:
    case MemoryType.EMMC: {
      const kind = memoryType === MemoryType.NAND ? LegacyStorage.NAND : LegacyStorage.EMMC;
      const refusal = storageRefusal(agent.session.storage.kind, kind);
      if (refusal !== undefined) return host.refuse(refusal);
      // Patterns would destroy what is on the flash: no agent is asked to do so, and this one does not.
      if (method !== DUMP) return host.refuse(LegacyError.UNSUPPORTED_OPERATION);
      const range = findRange(agent, address, length);
      if (typeof range === 'number') return host.refuse(range);
      await host.ack();
      await host.sendWord(DUMP_PACKET);
      return sendFlash(agent, range, DUMP_PACKET);
    }
    case MemoryType.SD:
      return host.refuse(LegacyError.DA_SDMMC_NOT_FOUND);
    default:
      return host.refuse(LegacyError.INVALID_ARGUMENTS);
  }
}
