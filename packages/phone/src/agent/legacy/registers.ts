import { LegacyCommand } from '@unbrick/core/wire';
import { halfword } from './host-line.js';
import { logCommand, type Stage2 } from './stage2-state.js';

/** READ_REG32. Registers nobody has written read as zero. */
export async function readRegister32(agent: Stage2): Promise<void> {
  const { host } = agent;
  const address = await host.u32();
  logCommand(agent, LegacyCommand.READ_REG32, false, { address });
  await host.sendWord(agent.registers.get(address) ?? 0);
  await host.ack();
}

/** WRITE_REG32. */
export async function writeRegister32(agent: Stage2): Promise<void> {
  const { host } = agent;
  const address = await host.u32();
  agent.registers.set(address, await host.u32());
  logCommand(agent, LegacyCommand.WRITE_REG32, false, { address });
  await host.ack();
}

/** READ_REG16. */
export async function readRegister16(agent: Stage2): Promise<void> {
  const { host } = agent;
  const address = await host.u32();
  logCommand(agent, LegacyCommand.READ_REG16, false, { address });
  await host.send(halfword((agent.registers.get(address) ?? 0) & 0xffff));
  await host.ack();
}

/** WRITE_REG16. */
export async function writeRegister16(agent: Stage2): Promise<void> {
  const { host } = agent;
  const address = await host.u32();
  agent.registers.set(address, await host.u16());
  logCommand(agent, LegacyCommand.WRITE_REG16, false, { address });
  await host.ack();
}

/** Registers of the power chip have their own numbers, apart from the addresses of the main chip. */
const POWER_CHIP = 0x1_0000_0000;

/** PWR_READ16. */
export async function readPowerRegister(agent: Stage2): Promise<void> {
  const { host } = agent;
  const register = await host.u16();
  logCommand(agent, LegacyCommand.PWR_READ16, false, { register });
  await host.send(halfword(agent.registers.get(POWER_CHIP + register) ?? 0));
  await host.ack();
}

/** PWR_WRITE16. */
export async function writePowerRegister(agent: Stage2): Promise<void> {
  const { host } = agent;
  const register = await host.u16();
  agent.registers.set(POWER_CHIP + register, await host.u16());
  logCommand(agent, LegacyCommand.PWR_WRITE16, false, { register });
  await host.ack();
}
