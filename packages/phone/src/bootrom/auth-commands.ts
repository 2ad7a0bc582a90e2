/** Certificates, auth files and serial-link authorisation: docs/protocol/bootrom.md. */
import { TargetConfigBit, xor16 } from '@unbrick/core/wire';
import { Noise } from '../birth/random.js';
import type { BootSession } from './boot-session.js';
import { Status } from './status.js';

/** Real files are a few hundred bytes to a few KiB. */
const LARGEST_FILE = 0x10000;
const CHALLENGE_LENGTH = 0x10;
/** A host whose signer failed announces four bytes; nothing that short can be a signature. */
const SHORTEST_RESPONSE = 8;
const LONGEST_RESPONSE = 0x200;

export async function sendCertificate(session: BootSession): Promise<void> {
  await receiveFile(session, 'SEND_CERT', session.has(TargetConfigBit.ROOT_CERTIFICATE));
}

export async function sendAuthFile(session: BootSession): Promise<void> {
  const needed = session.has(TargetConfigBit.SERIAL_LINK_AUTHORISATION | TargetConfigBit.AGENT_AUTHENTICATION);
  if (await receiveFile(session, 'SEND_AUTH', needed)) session.authFile = true;
}

/** This phone knows no maker's key: any content passes. */
async function receiveFile(session: BootSession, what: string, needed: boolean): Promise<boolean> {
  const { line, wire } = session;
  const length = await line.argument32();
  session.log(what, { length });
  if (!needed) {
    await line.reply16(Status.NO_AUTH_NEEDED);
    return false;
  }
  if (length === 0 || length > LARGEST_FILE) {
    await line.reply16(length === 0 ? Status.LENGTH_ZERO : Status.INVALID_ADDRESS_AND_LENGTH);
    return false;
  }
  await line.reply16(Status.OK);
  const file = await wire.read(length);
  await line.reply16(xor16(file), Status.OK);
  return true;
}

/** Challenge and response. Any response of a signature's length is taken as the maker's. */
export async function authoriseLink(session: BootSession): Promise<void> {
  const { line, wire } = session;
  if (!session.has(TargetConfigBit.SERIAL_LINK_AUTHORISATION) || session.linkAuthorised) {
    return line.reply16(Status.SLA_NOT_NEEDED);
  }
  await line.reply16(Status.OK);
  await line.reply32(CHALLENGE_LENGTH);
  await wire.write(new Noise(session.profile.bootRom.meId).bytes(CHALLENGE_LENGTH));
  const length = await line.argument32();
  const refused = length < SHORTEST_RESPONSE || length > LONGEST_RESPONSE;
  session.log('SLA', { responseLength: length });
  if (refused) return line.reply16(Status.INVALID_SIGNATURE_SIZE);
  await line.reply16(Status.OK);
  await wire.read(length);
  session.linkAuthorised = true;
  await line.reply16(Status.OK);
}
