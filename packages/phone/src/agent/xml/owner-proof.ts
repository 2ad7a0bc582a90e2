/**
 * Authorisation with the owner's RSA key, on phones whose profile has one: docs/protocol/xml-agent.md, "Proof with
 * the owner's key". Until the host has proved itself, the storage stays closed.
 */
import { hexBytes, writeXml, type XmlElement } from '@unbrick/core/wire';
import { Noise } from '../../birth/random.js';
import { isSealedOaep } from '../../security/signed-message.js';
import { CommandFailed, logCommand, required, type XmlAgentState } from './agent-state.js';
import { downloadToMemory } from './download-file.js';
import { uploadText } from './upload-file.js';

const CHALLENGE_LENGTH = 16;
const HARDWARE_ID_LENGTH = 16;
/** No key is longer than this, bytes. */
const RESPONSE_LIMIT = 0x200;

/** @throws CommandFailed while the host has not proved itself */
export function requireProof({ session, authorised }: XmlAgentState, what: string): void {
  if (session.profile.security?.agentLinkKey === undefined || authorised) return;
  throw new CommandFailed(`Security deny for [${what}].\n`);
}

export async function deviceFirmwareInfo(state: XmlAgentState, root: XmlElement): Promise<void> {
  const targetFile = required(root, 'arg', 'target_file');
  const { meId, socId = '' } = state.session.profile.bootRom;
  logCommand(state, 'SECURITY-GET-DEV-FW-INFO');
  const text = writeXml({
    name: 'sla',
    attributes: { version: '1.0' },
    content: [
      { name: 'rnd', content: hexBytes(challenge(state)).toUpperCase() },
      { name: 'hrid', content: meId.slice(0, 2 * HARDWARE_ID_LENGTH).toUpperCase() },
      { name: 'socid', content: socId.toUpperCase() },
    ],
  });
  await uploadText(state, { info: 'dev-fw-info', targetFile, text, nul: true });
}

export async function setFlashPolicy(state: XmlAgentState, root: XmlElement): Promise<void> {
  const sourceFile = required(root, 'arg', 'source_file');
  const response = await downloadToMemory(state, { info: 'flash-policy', sourceFile, limit: RESPONSE_LIMIT });
  const key = state.session.profile.security?.agentLinkKey;
  const good = key !== undefined && (await isSealedOaep(key, response, challenge(state)));
  logCommand(state, 'SECURITY-SET-FLASH-POLICY', false, { accepted: String(good) });
  if (!good) throw new CommandFailed('Server is not authenticated. Locked.\n');
  state.authorised = true;
}

/** The same as long as the phone is on. */
function challenge({ session }: XmlAgentState): Uint8Array {
  return new Noise(`${session.profile.bootRom.meId}/challenge`).bytes(CHALLENGE_LENGTH);
}
