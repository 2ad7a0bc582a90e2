import { decode, encode, LegacyCommand, LegacyError, text, u64 } from '@unbrick/core/wire';
import { hang } from '../../device/wire.js';
import { word } from './host-line.js';
import { logCommand, type Stage2 } from './stage2-state.js';

/** What follows the state word of SECURE_USB_RECHECK: key modulus 0x100, exponent 5, customer name 0x10. */
const SECURE_USB_KEY_LENGTH = 0x115;
const CUSTOMER_NAME_LENGTH = 32;
const IMAGE_NAME_LENGTH = 16;
/** Verdict on an image: it has to be signed. MediaTek's host ends the session when it has no signature. */
const MUST_BE_SIGNED = 0x43434343;
/** Information of this size is never sent; a larger length means the stream is out of step. */
const MAD_LENGTH = 0x100000;

/** Takes information with a length before it. */
async function skipCounted({ host, session }: Stage2): Promise<number> {
  const length = await host.u32();
  if (length > MAD_LENGTH) await hang(session.wire);
  await host.skip(length);
  return length;
}

/** CHK_PC_SEC_INFO: nothing to check on a phone without secure boot. */
export async function checkSecurityInfo(agent: Stage2): Promise<void> {
  const length = await skipCounted(agent);
  logCommand(agent, LegacyCommand.CHECK_PC_SECURITY_INFO, false, { length });
  await agent.host.ack();
}

/** SECURE_USB_RECHECK: is secured download on? The (here empty) key material follows in both cases. */
export async function recheckSecureUsb(agent: Stage2): Promise<void> {
  await skipCounted(agent);
  logCommand(agent, LegacyCommand.SECURE_USB_RECHECK, false);
  const { SECURE_USB_ENABLED, SECURE_USB_DISABLED } = LegacyError;
  const state = agent.session.faults.signedOnly ? SECURE_USB_ENABLED : SECURE_USB_DISABLED;
  await agent.host.send(word(state), new Uint8Array(SECURE_USB_KEY_LENGTH));
}

/** SECURE_BYPASS_CHECK: asked for each image when secured download is on, and known only then. */
export async function checkBypass(agent: Stage2): Promise<void> {
  const { host, session } = agent;
  if (!session.faults.signedOnly) return;
  const name = decode(text(IMAGE_NAME_LENGTH), 'big', await host.bytes(IMAGE_NAME_LENGTH));
  await host.ack();
  const address = Number(decode(u64, 'big', await host.bytes(u64.size)));
  await host.ack();
  const length = Number(decode(u64, 'big', await host.bytes(u64.size)));
  logCommand(agent, LegacyCommand.SECURE_BYPASS_CHECK, false, { name, address, length });
  await host.ack();
  await host.sendWord(MUST_BE_SIGNED);
}

/** ROM_INFO_UPDATE: two acknowledgements, as genuine agents give them. */
export async function updateRomInfo(agent: Stage2): Promise<void> {
  logCommand(agent, LegacyCommand.SECURE_ROM_INFO_UPDATE, false);
  await agent.host.ack();
  await agent.host.ack();
}

/** The customer's name in the security settings: none. */
export async function customerName(agent: Stage2): Promise<void> {
  logCommand(agent, LegacyCommand.SECURE_CUSTOMER_NAME, false);
  await agent.host.send(encode(text(CUSTOMER_NAME_LENGTH), 'big', ''));
}

/** Version of the security settings. */
export async function secureVersion(agent: Stage2): Promise<void> {
  logCommand(agent, LegacyCommand.SECURE_VERSION, false);
  await agent.host.ack();
  await agent.host.sendWord(0);
}
