import { UnbrickError } from '../../errors/unbrick-error.js';
import { readXml, type XmlElement, XmlError, xmlText } from '../../wire/index.js';
import type { CommandText } from './command-text.js';
import { memoryFile } from './command-text.js';
import type { XmlConversation } from './conversation.js';
import type { Asked } from './refusals.js';
import { quoted } from './text-channel.js';

/** Room that MediaTek's host has for the files in which agents answer, bytes. */
const REPLY_LIMIT = 0x200000;

/**
 * Runs a command whose answer is a small text file, and gives the text. `command` gets the name of that file.
 * @throws as {@link XmlConversation.run}
 */
export async function fetchText(
  talk: XmlConversation,
  command: (targetFile: string) => CommandText,
  asked: Asked,
): Promise<string> {
  const path = memoryFile(REPLY_LIMIT);
  const pieces: string[] = [];
  const decoder = new TextDecoder();
  for await (const piece of talk.run(command(path), { ...asked, target: { path, atMost: REPLY_LIMIT } })) {
    pieces.push(decoder.decode(piece, { stream: true }));
  }
  // Most of these files end with a NUL, some do not.
  return pieces.join('').split('\0', 1)[0] as string;
}

/** A reply file as XML. @throws UnbrickError `AGENT_REPLY_INVALID` */
export function replyDocument(text: string, command: string): XmlElement {
  try {
    return readXml(text);
  } catch (cause) {
    if (cause instanceof XmlError) throw invalidReply(command, text, cause.message);
    throw cause;
  }
}

/** Hexadecimal with `0x`, or decimal; `undefined` for anything else, and beyond 2^53. */
export function replyNumber(parent: XmlElement, name: string): number | undefined {
  const value = xmlText(parent, name);
  if (value === undefined || !/^(0x[0-9a-f]{1,16}|[0-9]{1,20})$/i.test(value)) return undefined;
  return Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
}

export function invalidReply(command: string, text: string, reason: string): UnbrickError {
  return new UnbrickError({
    code: 'AGENT_REPLY_INVALID',
    stage: 'agent',
    message: `The Download Agent’s answer to ${command} makes no sense.`,
    evidence: [reason, `it said ${quoted(text)}`],
    next: ['Use the Download Agent that came with the firmware of this phone.', 'Start the phone afresh and repeat.'],
  });
}
