/** The loop both stages run: CMD:START, one command, CMD:END. docs/protocol/xml-agent.md, "Session shape". */
import { readXml, XML_MAX_TEXT, XmlAck, type XmlElement, XmlError, XmlRequest, xmlText } from '@unbrick/core/wire';
import { hang } from '../../device/wire.js';
import { withoutPrefix } from '../../planned-answers.js';
import { StorageFault } from '../../storage/phone-storage.js';
import { AgentError } from '../flash/flash-context.js';
import { CommandFailed, logCommand, type XmlAgentState } from './agent-state.js';
import { requireProof } from './owner-proof.js';
import { requestText } from './request.js';
import { FrameError } from './text-channel.js';

/** What a command does once the host has taken its CMD:END: jump, reboot. */
export type AfterEnd = () => Promise<void>;

export interface Command {
  /** Integer part of the version; a name can have commands of several versions. */
  version: number;
  /** It changes the flash memory. */
  writes?: boolean;
  /** It leaves what the command before it said in the message. */
  keepsMessage?: boolean;
  /** A phone that knows its owner's key refuses it until the host has proved that it has the key. */
  needsProof?: boolean;
  /** @throws CommandFailed */
  run(state: XmlAgentState, root: XmlElement): Promise<AfterEnd> | Promise<void>;
}

export type CommandTable = ReadonlyMap<string, readonly Command[]>;

/** No command nests deeper, and real hosts send some dozen elements; a flash list has one for each partition. */
const LIMITS = { length: XML_MAX_TEXT, depth: 16, nodes: 10_000 };
const LONGEST_NAME = 64;
const LONGEST_VERSION = 16;

/** Resolves when a command has started another stage. A broken frame where an acknowledgement is due ends the answers for good. */
export async function runCommands(state: XmlAgentState, commands: CommandTable): Promise<void> {
  const { stage } = state;
  try {
    while (state.stage === stage) await runOne(state, commands);
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    logCommand(state, 'FRAME_ERROR', false, { reason: error.message });
    await hang(state.channel.wire);
  }
}

async function runOne(state: XmlAgentState, commands: CommandTable): Promise<void> {
  const { channel, messages } = state;
  await channel.sendText(requestText(XmlRequest.START));
  if (!(await channel.receiveAcknowledgement()).ok) return;
  const text = await receiveCommand(state);
  if (text === undefined) return;

  const root = parse(text);
  const name = root && (xmlText(root, 'command') ?? '').slice(0, LONGEST_NAME);
  const command = root && find(commands, name, (xmlText(root, 'version') ?? '').slice(0, LONGEST_VERSION));
  if (!command?.keepsMessage) messages.clear();
  if (root === undefined || command === undefined) {
    logCommand(state, 'UNSUPPORTED', false, { command: name ?? 'no XML' });
    messages.add('Unsupported command.');
    await channel.sendText(XmlAck.UNSUPPORTED);
    return end(state, XmlAck.UNSUPPORTED);
  }
  await channel.print(`[cmd] ${name}`);
  await channel.sendText(XmlAck.OK);
  let after: AfterEnd | undefined;
  let result: string = XmlAck.OK;
  try {
    state.answers.begin(withoutPrefix(name ?? ''));
    const planned = state.answers.sentence();
    if (planned !== undefined) throw new CommandFailed(planned);
    if (command.needsProof) requireProof(state, name ?? '');
    after = (await command.run(state, root)) ?? undefined;
  } catch (error) {
    result = XmlAck.ERR;
    messages.add(messageOf(error));
    logCommand(state, 'FAILED', command.writes ?? false, { command: name ?? '', message: messages.text });
  }
  await end(state, result);
  await after?.();
}

/** Undefined when the frame could not be taken: the agent says so and starts anew. */
async function receiveCommand({ channel }: XmlAgentState): Promise<string | undefined> {
  try {
    let text: string;
    // Some hosts acknowledge once more than they have to.
    do text = await channel.receiveText(XML_MAX_TEXT);
    while (text === XmlAck.OK);
    return text;
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    await channel.sendText(XmlAck.ERR);
    return undefined;
  }
}

function parse(text: string): XmlElement | undefined {
  try {
    const root = readXml(text, LIMITS);
    return root.name === 'da' ? root : undefined;
  } catch (error) {
    if (error instanceof XmlError) return undefined;
    throw error;
  }
}

/** The name is compared exactly, the version as the integer before the dot. */
function find(commands: CommandTable, name: string | undefined, version: string): Command | undefined {
  const wanted = Number.parseInt(version, 10);
  return commands.get(name ?? '')?.find((command) => command.version === wanted);
}

/** What CMD:END tells of a failure. Rethrows what is no failure of the command (cable out, broken frame, a defect of ours). */
function messageOf(error: unknown): string {
  if (error instanceof CommandFailed) return error.text;
  // The agents keep what the storage driver says to their own log.
  if (error instanceof AgentError || error instanceof StorageFault) return '';
  throw error;
}

/** The content of the host's answer is not looked at, only that it comes. */
async function end({ channel, messages }: XmlAgentState, result: string): Promise<void> {
  await channel.sendText(requestText(XmlRequest.END, { result, message: messages.text }));
  await channel.receiveAcknowledgement();
}
