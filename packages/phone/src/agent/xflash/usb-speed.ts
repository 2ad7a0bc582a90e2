import { UsbProduct, XflashStatus } from '@unbrick/core/wire';
import { type AgentState, logCommand } from './agent-state.js';

/** SWITCH_USB_SPEED: the port goes away and comes back at high speed; the session goes on without a new handshake. */
export async function switchUsbSpeed(state: AgentState): Promise<void> {
  const parameter = await state.channel.receiveParameter();
  // Vendor id above, product id below; 0 asks for the agents' own identity.
  const product = parameter === 0 ? UsbProduct.AGENT : parameter & 0xffff;
  logCommand(state, 'SWITCH_USB_SPEED', false, { product });
  await state.channel.status(XflashStatus.OK);
  await state.channel.wire.reEnumerate(product);
  state.usbSpeed = 'high-speed';
}
