/** SEND_DA and JUMP_DA: docs/protocol/bootrom.md. */
import { TargetConfigBit, xor16 } from '@unbrick/core/wire';
import { LeaveBus } from '../device/wire.js';
import { isSigned } from '../security/signed-message.js';
import type { BootSession, Upload } from './boot-session.js';
import { Status } from './status.js';

/** Internal RAM in which most boot ROMs accept an agent. */
const INTERNAL_RAM = { start: 0x000c0000, end: 0x02400000 };
/** Chips that have it elsewhere have about so much around the place where their agents go. */
const OTHER_RAM_LENGTH = 0x100000;
const DRAM_LOW = 0x40000000;
const DRAM_HIGH = 0x80000000;
/** The preloader's room for an agent; stage 1 of the XML agents is larger than the older room. */
const PRELOADER_ROOM = { legacy: 0x40000, xflash: 0x40000, xml: 0x100000 };

export async function sendAgent(session: BootSession): Promise<void> {
  const { line, profile } = session;
  const wanted = await line.argument32();
  const length = await line.argument32();
  const signatureLength = await line.argument32();
  // A preloader echoes the address and then loads where it always loads.
  const address = session.stage === 'preloader' ? profile.preloader.agentAddress : wanted;
  session.upload = undefined;
  const refusal = refuseUpload(session, address, length, signatureLength);
  session.log('SEND_DA', { address: wanted, length, signatureLength, ...(refusal ? { refusal } : {}) });
  if (refusal) return line.status(refusal);
  await line.status(Status.OK);

  const bytes = await receive(session, length);
  await line.reply16(xor16(bytes));
  if (session.faults.daRejected || !(await isGenuine(session, bytes, signatureLength))) return rejectSignature(session);
  session.upload = { address, bytes };
  await line.status(Status.OK);
}

/** The agent to start, or nothing when the host may try again. @throws LeaveBus when the preloader resets */
export async function jumpToAgent(session: BootSession): Promise<Upload | undefined> {
  const { line, upload } = session;
  const address = await line.argument32();
  if (session.stage === 'preloader') {
    if (!upload) return rejectSignature(session);
  } else {
    const refusal = !upload
      ? Status.AGENT_MISSING
      : upload.address !== address
        ? Status.INVALID_JUMP_ADDRESS
        : undefined;
    if (refusal) {
      session.log('JUMP_DA', { address, refusal });
      await line.status(refusal);
      return undefined;
    }
  }
  session.log('JUMP_DA', { address });
  await line.status(Status.OK);
  return upload;
}

function refuseUpload(
  session: BootSession,
  address: number,
  length: number,
  signatureLength: number,
): number | undefined {
  if (session.demandsLinkKey && !session.linkAuthorised) return Status.SLA_REQUIRED;
  if (session.stage === 'brom' && session.has(TargetConfigBit.ROOT_CERTIFICATE) && !session.certificate) {
    return Status.AGENT_INCONSISTENT_WITH_AUTH;
  }
  if (length === 0) return Status.LENGTH_ZERO;
  if (signatureLength > length) return Status.SIGNATURE_EXCEEDS_LENGTH;
  if (session.has(TargetConfigBit.AGENT_AUTHENTICATION)) {
    if (signatureLength === 0) return Status.SIGNATURE_MISSING_WITH_DAA;
    if (session.stage === 'brom' && !session.authFile) return Status.AGENT_INCONSISTENT_WITH_AUTH;
  }
  if (session.stage === 'preloader') {
    if (length <= PRELOADER_ROOM[session.profile.agent.generation]) return undefined;
    return session.profile.preloader.generation === 1 ? Status.DA_IMAGE_NO_MEM : Status.DA_INVALID_LENGTH;
  }
  if (address % 2 !== 0) return Status.ADDRESS_NOT_ALIGNED;
  const ram = internalRam(session);
  if (address >= ram.start && address < ram.end) {
    return address + length > ram.end ? Status.INVALID_ADDRESS_AND_LENGTH : undefined;
  }
  if (address >= DRAM_HIGH) return Status.ADDRESS_TOO_HIGH_80000000;
  if (address >= DRAM_LOW) return Status.ADDRESS_TOO_HIGH_40000000;
  return Status.INVALID_ADDRESS;
}

function internalRam({ profile }: BootSession): { start: number; end: number } {
  const { stage1Address } = profile.agent;
  if (stage1Address >= INTERNAL_RAM.start && stage1Address < INTERNAL_RAM.end) return INTERNAL_RAM;
  return { start: stage1Address, end: stage1Address + OTHER_RAM_LENGTH };
}

/** Whether the agent is signed as this phone wants it. */
async function isGenuine(session: BootSession, agent: Uint8Array, signatureLength: number): Promise<boolean> {
  const key = session.profile.security?.agentKey;
  if (!key || !session.has(TargetConfigBit.AGENT_AUTHENTICATION)) return true;
  const end = agent.length - signatureLength;
  return isSigned(key, agent.subarray(end), agent.subarray(0, end));
}

async function receive({ wire }: BootSession, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length; ) {
    const part = await wire.readSome(length - filled);
    bytes.set(part, filled);
    filled += part.length;
  }
  return bytes;
}

/**
 * An agent that is not signed for this phone. A preloader wipes it, raises an assertion and resets the chip into the boot
 * ROM; the boot ROM itself stays and says no.
 */
async function rejectSignature(session: BootSession): Promise<undefined> {
  if (session.stage === 'brom') {
    session.log('DA_REJECTED', { status: Status.DAA_SIGNATURE_ERROR });
    await session.line.status(Status.DAA_SIGNATURE_ERROR);
    return undefined;
  }
  const status =
    session.profile.preloader.generation === 1 ? Status.DA_IMAGE_SIG_VERIFY_FAIL : Status.DAA_SIG_VERIFY_FAILED;
  session.log('DA_REJECTED', { status });
  await session.line.status(status);
  throw new LeaveBus('brom');
}
