/** Certificates, auth files and serial-link authorisation: docs/protocol/bootrom.md. */
import { concat, hexBytes, TargetConfigBit, xor16 } from '@unbrick/core/wire';
import { Noise } from '../birth/random.js';
import { keyLength, type RsaPublicKey } from '../security/rsa.js';
import { isSealed, sha256 } from '../security/signed-message.js';
import type { BootSession } from './boot-session.js';
import { Status } from './status.js';

/** Real files are a few hundred bytes to a few KiB. */
const LARGEST_FILE = 0x10000;
const CHALLENGE_LENGTH = 0x10;
/** A host whose signer failed announces four bytes; nothing that short can be a signature. */
const SHORTEST_RESPONSE = 8;
const LONGEST_RESPONSE = 0x200;

export async function sendCertificate(session: BootSession): Promise<void> {
  const needed = session.has(TargetConfigBit.ROOT_CERTIFICATE);
  const wanted = session.profile.security?.certificate;
  if (await receiveFile(session, 'SEND_CERT', needed, wanted, Status.CERTIFICATE_ID_MISMATCH)) {
    session.certificate = true;
  }
}

export async function sendAuthFile(session: BootSession): Promise<void> {
  const needed = session.has(TargetConfigBit.SERIAL_LINK_AUTHORISATION | TargetConfigBit.AGENT_AUTHENTICATION);
  const wanted = session.profile.security?.authFile;
  if (await receiveFile(session, 'SEND_AUTH', needed, wanted, Status.AUTH_IMAGE_VERIFY_FAIL)) session.authFile = true;
}

/**
 * @param wanted SHA-256 of the one file that is accepted; without it any content passes
 * @param refusal status for another file
 */
async function receiveFile(
  session: BootSession,
  what: string,
  needed: boolean,
  wanted: string | undefined,
  refusal: number,
): Promise<boolean> {
  const { line, wire } = session;
  const length = await line.argument32();
  if (!needed) {
    session.log(what, { length });
    await line.status(Status.NO_AUTH_NEEDED);
    return false;
  }
  if (length === 0 || length > LARGEST_FILE) {
    session.log(what, { length });
    await line.status(length === 0 ? Status.LENGTH_ZERO : Status.INVALID_ADDRESS_AND_LENGTH);
    return false;
  }
  await line.status(Status.OK);
  const file = await wire.read(length);
  const accepted = wanted === undefined || hexBytes(await sha256(file)) === wanted.toLowerCase();
  session.log(what, { length, accepted: accepted ? 1 : 0 });
  await line.reply16(xor16(file));
  await line.status(accepted ? Status.OK : refusal);
  return accepted;
}

/** Challenge and response. Without a key in the profile any response of a signature's length passes. */
export async function authoriseLink(session: BootSession): Promise<void> {
  const { line, wire, profile } = session;
  if (!session.demandsLinkKey || session.linkAuthorised) {
    return line.status(Status.SLA_NOT_NEEDED);
  }
  const key = profile.security?.linkKey;
  const challenge = key
    ? crypto.getRandomValues(new Uint8Array(CHALLENGE_LENGTH))
    : new Noise(profile.bootRom.meId).bytes(CHALLENGE_LENGTH);
  await line.status(Status.OK);
  await line.reply32(CHALLENGE_LENGTH);
  await wire.write(challenge.slice());
  const length = await line.argument32();
  const fits = key ? length === keyLength(key) : length >= SHORTEST_RESPONSE && length <= LONGEST_RESPONSE;
  if (!fits) {
    session.log('SLA', { responseLength: length, accepted: 0 });
    return line.status(Status.INVALID_SIGNATURE_SIZE);
  }
  await line.status(Status.OK);
  const response = swapPairs(await wire.read(length));
  session.linkAuthorised = !key || isAnswer(key, response, swapPairs(challenge), profile.bootRom.socId);
  session.log('SLA', { responseLength: length, accepted: session.linkAuthorised ? 1 : 0 });
  await line.status(session.linkAuthorised ? Status.OK : Status.SLA_REQUIRED);
}

/** Older hosts sign the challenge alone, newer ones the chip's id and the challenge. */
function isAnswer(key: RsaPublicKey, response: Uint8Array, challenge: Uint8Array, socId: string | undefined): boolean {
  if (isSealed(key, response, challenge)) return true;
  return socId !== undefined && isSealed(key, response, concat(fromHex(socId), challenge));
}

/** Challenge and response travel with the two bytes of each word exchanged. */
function swapPairs(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => bytes[i ^ 1] ?? byte);
}

function fromHex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
