/** What a running agent knows: one object from stage 1 to stage 2. */
import { type XmlElement, xmlText } from '@unbrick/core/wire';
import { Registers } from '../../bootrom/registers.js';
import { PlannedAnswers } from '../../planned-answers.js';
import { type FittedStorage, fittedStorage } from '../flash/fitted-storage.js';
import type { FlashContext } from '../flash/flash-context.js';
import { PartitionTableCache } from '../flash/partition-table.js';
import type { AgentSession, PhoneLogEntry } from '../session.js';
import { MessageBuffer } from './message-buffer.js';
import { TextChannel } from './text-channel.js';

/** What SET-RUNTIME-PARAMETER sets. */
export interface RuntimeParameters {
  /** Chunks that come over the cable carry a sum. */
  checksUsb: boolean;
  /** What is written is read back and compared. */
  checksStorage: boolean;
  batteryExists: boolean;
  system: 'WINDOWS' | 'LINUX';
  initialisesDram: boolean;
}

/** One image that reached the flash memory, for GET-DOWNLOADED-IMAGE-FEEDBACK. */
export interface DownloadedImage {
  partition: string;
  /** 32-bit running sum of the chunks' sums. */
  sum: number;
  file: string;
}

export interface XmlAgentState {
  readonly session: AgentSession;
  readonly channel: TextChannel;
  readonly answers: PlannedAnswers;
  stage: 'stage1' | 'stage2';
  readonly fitted: FittedStorage;
  readonly tables: PartitionTableCache;
  readonly registers: Registers;
  readonly messages: MessageBuffer;
  readonly parameters: RuntimeParameters;
  readonly downloads: DownloadedImage[];
  dramReady: boolean;
  /** NOTIFY-INIT-HW of stage 2 has brought up the storage. */
  storageReady: boolean;
  usbSpeed: 'full-speed' | 'high-speed';
  /** The host has proved that it has the owner's key. */
  authorised: boolean;
}

/** A command that ends with `ERR`; `text` goes into the message of CMD:END. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  constructor(readonly text = '') {
    super(text);
  }
}

/** @throws RangeError when the agents do not serve the phone's kind of storage */
export function newXmlAgentState(session: AgentSession): XmlAgentState {
  const fitted = fittedStorage(session.profile, session.storage);
  const fromPreloader = session.bootedBy === 'preloader';
  return {
    session,
    channel: new TextChannel(session.wire),
    answers: new PlannedAnswers(session.faults),
    stage: 'stage1',
    fitted,
    tables: new PartitionTableCache(session.storage, fitted),
    registers: new Registers(session.profile),
    messages: new MessageBuffer(),
    parameters: {
      checksUsb: false,
      checksStorage: false,
      batteryExists: true,
      system: 'WINDOWS',
      initialisesDram: true,
    },
    downloads: [],
    dramReady: fromPreloader,
    storageReady: false,
    // The boot ROM enumerates at full speed; a preloader has switched its controller to high speed already.
    usbSpeed: fromPreloader ? 'high-speed' : 'full-speed',
    authorised: false,
  };
}

/** What the image writers want to know. */
export function flashOf({ session, fitted, parameters }: XmlAgentState): FlashContext {
  return { storage: session.storage, fitted, verifies: parameters.checksStorage };
}

/** Text of a required element of a command. @throws CommandFailed when it is missing */
export function required(root: XmlElement, ...path: string[]): string {
  const text = xmlText(root, ...path);
  if (text === undefined) throw new CommandFailed('Required XML node path not found. Check command string.');
  return text;
}

/** @throws CommandFailed before NOTIFY-INIT-HW has been sent to stage 2 */
export function requireStorage(state: XmlAgentState): void {
  if (!state.storageReady) throw new CommandFailed('All storage init fail. check HW storage.\n');
}

export function logCommand(state: XmlAgentState, what: string, writes = false, detail?: PhoneLogEntry['detail']): void {
  state.session.log({ stage: state.stage, what, writes, ...(detail && { detail }) });
}
