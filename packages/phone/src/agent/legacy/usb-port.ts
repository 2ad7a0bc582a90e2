import { LegacyCommand } from '@unbrick/core/wire';
import { logCommand, type Stage2 } from './stage2-state.js';

/** Product id of an agent at high speed. */
const AGENT_PRODUCT_ID = 0x2001;
const HIGH_SPEED = 1;

/** USB_CHECK_STATUS: the virtual phone always runs at high speed. */
export async function checkUsbSpeed(agent: Stage2): Promise<void> {
  logCommand(agent, LegacyCommand.USB_CHECK_STATUS, false);
  await agent.host.ack();
  await agent.host.sendByte(HIGH_SPEED);
}

/** USB_SETUP_PORT: drops off the bus and comes back; the agent lives on. */
export async function setUpUsbPort(agent: Stage2): Promise<void> {
  const { host, session } = agent;
  const highSpeed = await host.u8();
  logCommand(agent, LegacyCommand.USB_SETUP_PORT, false, { highSpeed });
  await host.ack();
  await session.wire.reEnumerate(AGENT_PRODUCT_ID);
}

/** USB_SETUP_PORT_EX: the same under a product id of the host's choice. */
export async function setUpUsbPortEx(agent: Stage2): Promise<void> {
  const { host, session } = agent;
  const highSpeed = await host.u8();
  const productId = await host.u16();
  const vendorId = await host.u16();
  logCommand(agent, LegacyCommand.USB_SETUP_PORT_EX, false, { highSpeed, productId, vendorId });
  await host.ack();
  await session.wire.reEnumerate(productId);
}
