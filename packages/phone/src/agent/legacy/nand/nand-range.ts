import { LegacyAddressType, LegacyCommand, LegacyError, LegacyNandError } from '@unbrick/core/wire';
import { BadBlockFault } from '../../../nand/nand-chip.js';
import type { NandAddressing, NandFlash } from '../../../nand/nand-flash.js';
import { StorageFault } from '../../../storage/phone-storage.js';
import type { CommandHandler, Stage2 } from '../stage2-state.js';
import { logCommand } from '../stage2-state.js';

/** A run of bytes that passed the range rules of NAND commands. */
export interface NandRange {
  address: number;
  length: number;
  addressing: NandAddressing;
}

export function addressingOf(addressType: number): NandAddressing {
  return addressType === LegacyAddressType.PHYSICAL ? 'physical' : 'logical';
}

/**
 * @param unit what the address has to be a multiple of, bytes: the page for reading, the block for erasing and writing
 * @returns the range, or the error word that refuses it
 */
export function checkNandRange(flash: NandFlash, range: NandRange, unit: number): NandRange | number {
  const { address, length, addressing } = range;
  const size = flash.sizeOf(addressing);
  if (address % unit !== 0 || address >= size) return LegacyError.DA_INVALID_BEGIN_ADDR;
  if (length === 0 || length > size - address) return LegacyError.DA_INVALID_RANGE;
  return range;
}

/** The error word for what went wrong in the chip; other failures of the program go on up. */
export function nandErrorOf(fault: unknown): number {
  if (fault instanceof BadBlockFault) return LegacyNandError.BAD_BLOCK;
  if (fault instanceof StorageFault) return LegacyNandError.PAGE_PROGRAM_FAILED;
  throw fault;
}

const WRITING: readonly number[] = [
  LegacyCommand.NAND_WRITE_PARTITION_TABLE,
  LegacyCommand.NAND_WRITE_DATA,
  LegacyCommand.NAND_WRITE_IMAGE,
];

/** A command that works on NAND: phones without it take its arguments and refuse, and so do those that want signatures. */
export function onNand(
  opcode: number,
  argumentBytes: number,
  handler: (agent: Stage2, flash: NandFlash) => Promise<void>,
): CommandHandler {
  return async (agent) => {
    const forbidden = agent.session.faults.signedOnly && WRITING.includes(opcode);
    if (agent.nand && !forbidden) return handler(agent, agent.nand);
    await agent.host.skip(argumentBytes);
    logCommand(agent, opcode, false);
    await agent.host.refuse(agent.nand ? LegacyError.SECURITY_DOWNLOAD_FORBIDDEN : LegacyError.DA_NAND_NOT_FOUND);
  };
}
