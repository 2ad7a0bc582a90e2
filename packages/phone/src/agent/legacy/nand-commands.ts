import { LegacyByte, LegacyCommand, LegacyError } from '@unbrick/core/wire';
import { type CommandHandler, logCommand, type Stage2 } from './stage2-state.js';

/** READ_BMT on a phone without NAND: an empty list of replaced blocks, which the host acknowledges. */
export async function readBadBlocks(agent: Stage2): Promise<void> {
  logCommand(agent, LegacyCommand.NAND_READ_BMT, false);
  await agent.host.sendByte(LegacyByte.ACK, 0);
  await agent.host.u8();
}

/** NAND_BMT_REMARK: nothing to remark. */
export async function remarkBadBlocks(agent: Stage2): Promise<void> {
  logCommand(agent, LegacyCommand.NAND_BMT_REMARK, false);
  await agent.host.sendByte(LegacyByte.NACK);
}

/** Commands that this phone, having no NAND, takes with their arguments and refuses. */
export function withoutNand(opcode: number, argumentBytes: number): CommandHandler {
  return async (agent) => {
    await agent.host.skip(argumentBytes);
    logCommand(agent, opcode, false);
    await agent.host.refuse(LegacyError.DA_NAND_NOT_FOUND);
  };
}
