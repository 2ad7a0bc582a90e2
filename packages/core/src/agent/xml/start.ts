import { UnbrickError } from '../../errors/unbrick-error.js';
import type { Link } from '../../link/link.js';
import type { Agent } from '../agent.js';
import type { AgentStartOptions, StartAgent } from '../start.js';
import {
  type CommandText,
  getHwInfo,
  hostSupportedCommands,
  notifyInitDram,
  notifyInitHw,
  setHostInfo,
  setRuntimeParameter,
} from './command-text.js';
import { XmlConversation } from './conversation.js';
import { batteryOfHwInfo, storageOfHwInfo } from './hw-info.js';
import { proofWanted, proveOwner } from './owner-proof.js';
import { fetchText } from './replies.js';
import { bootStage2 } from './stage2.js';
import { XmlChannel } from './text-channel.js';
import { XML_TIMEOUT } from './timeouts.js';
import { XmlAgent } from './xml-agent.js';

export interface XmlStartOptions extends AgentStartOptions {
  /**
   * `NONE` unless asked for. USB guards each packet with a checksum of its own and every write is read back afterwards; `USB`
   * adds an earlier alarm, not a better proof.
   */
  checksumLevel?: 'NONE' | 'USB';
  /** The computer's time, which the phone notes in its download record. */
  now?: () => Date;
}

/**
 * Takes over a link on which stage 1 has just been started with JUMP_DA: settings, memory (the agents carry the settings of
 * their phone's memory themselves, so none are sent), stage 2, storage, the owner's proof where the phone wants one.
 * @throws UnbrickError stage `agent`: `AGENT_SILENT`, `AGENT_REFUSED`, `AGENT_STAGE2_REFUSED`, `STORAGE_INIT_FAILED`,
 * `SLA_REQUIRED`, `SLA_REFUSED`, `STORAGE_NOT_FOUND`, `AGENT_OUT_OF_STEP`, …; stage `dram`: `DRAM_SETUP_FAILED`
 * See docs/protocol/xml-agent.md, "Start-up".
 */
export const startXmlAgent: StartAgent = (link: Link, options: XmlStartOptions) => startXml(link, options);

/** As {@link startXmlAgent}, for callers that choose the checksum level. */
export async function startXml(link: Link, options: XmlStartOptions): Promise<Agent> {
  const { identity, image, onProgress, onNote, signer, checksumLevel = 'NONE', now = () => new Date() } = options;
  const talk = new XmlConversation(new XmlChannel(link, onNote));
  const settings = setRuntimeParameter({ checksumLevel });
  const levelSet = await firstWord(talk, 'The Download Agent', settings, 'to take its settings');
  if (!levelSet) onNote?.('The agent keeps its own settings: it does not know SET-RUNTIME-PARAMETER.');
  await optional(talk, hostSupportedCommands(), 'to note the commands of its host');
  // A preloader has the memory running; the command is due all the same.
  const inBrom = identity.stage === 'brom';
  if (inBrom) onProgress?.('dram', 0, 1);
  await initHardware(talk, 'dram', 'to set up the memory');
  if (inBrom) onProgress?.('dram', 1, 1);
  await optional(talk, setHostInfo(now()), 'to note the time');
  await bootStage2(talk, image, (bytes, total) => onProgress?.('agent-upload', bytes, total));

  await firstWord(talk, 'Stage 2 of the Download Agent', hostSupportedCommands(), 'to note the commands of its host');
  await initHardware(talk, 'agent', 'to start the storage');
  if (await proofWanted(talk)) await proveOwner(talk, signer, onNote);
  const info = await fetchText(talk, getHwInfo, { stage: 'agent', what: 'to describe the phone' });
  return new XmlAgent(talk, {
    version: image.description,
    storage: storageOfHwInfo(info),
    batteryMillivolts: batteryOfHwInfo(info),
    agentProof: levelSet && checksumLevel === 'USB' ? 'link' : 'none',
    ...(onNote ? { onNote } : {}),
  });
}

/** The first command of a stage shows whether it runs at all. Gives whether the command was taken. */
async function firstWord(talk: XmlConversation, who: string, command: CommandText, what: string): Promise<boolean> {
  try {
    return await optional(talk, command, what);
  } catch (cause) {
    if (cause instanceof UnbrickError && cause.code === 'PHONE_SILENT') throw agentSilent(who, cause);
    throw cause;
  }
}

/** A command that builds may not know. Gives whether this one does. */
async function optional(talk: XmlConversation, command: CommandText, what: string): Promise<boolean> {
  try {
    await talk.do(command, { stage: 'agent', what });
    return true;
  } catch (cause) {
    if (cause instanceof UnbrickError && cause.code === 'AGENT_COMMAND_UNKNOWN') return false;
    throw cause;
  }
}

/** Memory in stage 1, storage in stage 2: the same command, known under an older name to the oldest agents. */
async function initHardware(talk: XmlConversation, stage: 'dram' | 'agent', what: string): Promise<void> {
  const desk = { stage, what, requestMs: XML_TIMEOUT.init };
  try {
    await talk.do(notifyInitHw(), desk);
  } catch (cause) {
    if (!(cause instanceof UnbrickError) || cause.code !== 'AGENT_COMMAND_UNKNOWN') throw cause;
    await talk.do(notifyInitDram(), desk);
  }
}

function agentSilent(who: string, cause: UnbrickError): UnbrickError {
  return new UnbrickError({
    code: 'AGENT_SILENT',
    stage: 'agent',
    message: `${who} was sent and started, but does not answer.`,
    evidence: [cause.message, ...cause.evidence],
    next: [
      'Unplug, hold the power key for 15 seconds, plug in again and repeat.',
      'Use the Download Agent that came with the firmware of this phone: one for another chip hangs like this.',
      'Try another cable and another USB port, without a hub.',
    ],
    cause,
  });
}
