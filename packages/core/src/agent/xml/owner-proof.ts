import { UnbrickError } from '../../errors/unbrick-error.js';
import { askSigner } from '../../security/ask-signer.js';
import { agentKeyMissing, agentKeyRefused } from '../../security/key-refusals.js';
import type { Signer } from '../../security/signer.js';
import { bytesOfHex, xmlText } from '../../wire/index.js';
import { getDevFwInfo, getSysProperty, memoryFile, setFlashPolicy } from './command-text.js';
import type { XmlConversation } from './conversation.js';
import { PrimedSource } from './primed-source.js';
import { fetchText, invalidReply, replyDocument } from './replies.js';

const KEY = 'DA.SLA';
const SAID = `the agent says ${KEY} = ENABLED`;

/**
 * Whether the agent wants its host to prove itself with the maker's key before it does anything. Builds that do not know the
 * question have no lock.
 * @throws UnbrickError `AGENT_REPLY_INVALID`; the channel's errors
 */
export async function proofWanted(talk: XmlConversation): Promise<boolean> {
  const asked = { stage: 'agent' as const, what: `to tell its property ${KEY}` };
  let text: string;
  try {
    text = await fetchText(talk, (target) => getSysProperty(KEY, target), asked);
  } catch (cause) {
    if (cause instanceof UnbrickError && cause.code === 'AGENT_COMMAND_UNKNOWN') return false;
    throw cause;
  }
  const item = replyDocument(text, 'GET-SYS-PROPERTY').children.find((each) => each.attributes.get('key') === KEY);
  return item?.text.trim() === 'ENABLED';
}

/**
 * Answers the agent's challenge with the owner's key.
 * @throws UnbrickError `SLA_REQUIRED` without a key, `SLA_REFUSED` when the agent does not accept it; what the signer throws
 * See docs/protocol/xml-agent.md, "Proof with the owner's key".
 */
export async function proveOwner(
  talk: XmlConversation,
  signer: Signer | undefined,
  onNote?: (message: string) => void,
): Promise<void> {
  if (!signer) throw agentKeyMissing([SAID]);
  const asked = { stage: 'agent' as const, what: 'to give its challenge' };
  const text = await fetchText(talk, getDevFwInfo, asked);
  const challenge = replyDocument(text, 'SECURITY-GET-DEV-FW-INFO');
  const bytesOf = (name: string) => bytesOfHex(xmlText(challenge, name) ?? '');
  const message = bytesOf('rnd');
  if (!message) throw invalidReply('SECURITY-GET-DEV-FW-INFO', text, 'it holds no random number to sign');
  const hrid = bytesOf('hrid');
  const socId = bytesOf('socid');
  onNote?.(`The agent asks for its maker’s key: proving ${signer.name}.`);
  const request = { purpose: 'agent', message, ...(hrid ? { hrid } : {}), ...(socId ? { socId } : {}) } as const;
  const answer = await askSigner(signer, request, 'agent');
  const path = memoryFile(answer.length);
  try {
    await talk.do(setFlashPolicy(path), {
      stage: 'agent',
      what: `to accept the key ${signer.name}`,
      source: { path, length: answer.length, data: PrimedSource.of(answer) },
    });
  } catch (cause) {
    if (cause instanceof UnbrickError && !CONVERSATION_ERRORS.has(cause.code))
      throw agentKeyRefused(signer, [SAID, ...cause.evidence]);
    throw cause;
  }
}

const CONVERSATION_ERRORS = new Set(['PHONE_GONE', 'PHONE_SILENT', 'AGENT_OUT_OF_STEP']);
