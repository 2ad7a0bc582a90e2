import { LegacyCommand, LegacyPart } from '@unbrick/core/wire';
import type { NandFlash } from '../../nand/nand-flash.js';
import type { AgentSession } from '../session.js';
import type { HostLine } from './host-line.js';
import type { NandImage } from './nand/image-list.js';
import type { AgentConfig, LegacyTraits } from './stage1.js';

/** What differs between builds of an agent without being a trait of the phone. */
export interface LegacyAgentOptions {
  /** Packet size SDMMC_WRITE_IMAGE dictates, bytes. */
  imagePacketSize: number;
  /** For eMMC without fast erase: FORMAT overwrites with 0xFF in steps of 64 KiB and reports each. */
  eraseInSteps: boolean;
}

/** Text of a running download in the "download information" record. */
export type DownloadStatus = '' | 'DL_START' | 'DL_DONE' | 'FORMAT_START' | 'FORMAT_DONE' | 'BL_START' | 'BL_DONE';

/** What a running stage 2 remembers from command to command. */
export interface Stage2 {
  readonly session: AgentSession;
  readonly host: HostLine;
  readonly traits: LegacyTraits;
  readonly config: AgentConfig;
  readonly options: LegacyAgentOptions;
  /** The NAND chip, on phones that have one. */
  nand: NandFlash | undefined;
  /** What NAND_IMAGE_LIST has announced. */
  nandImages: readonly NandImage[];
  /** One-stage agents start without DRAM when boot ROM started them. */
  dramReady: boolean;
  /** Region that READ and FORMAT work on, as SDMMC_SWITCH_PART set it. */
  part: number;
  /** Sum over what the last write command found in the flash, when it was asked to look. */
  readBackSum: number;
  downloadStatus: DownloadStatus;
  customInfo: Uint8Array;
  /** Registers the host has written; all others read as zero. */
  readonly registers: Map<number, number>;
  /** When the hardware watchdog bites, ms of `performance.now()`; absent when it is not armed. */
  watchdogAt?: number;
}

export function newStage2(
  parts: Pick<Stage2, 'session' | 'host' | 'traits' | 'config' | 'options' | 'nand' | 'dramReady'>,
): Stage2 {
  return {
    ...parts,
    part: LegacyPart.USER,
    nandImages: [],
    readBackSum: 0,
    downloadStatus: '',
    customInfo: new Uint8Array(128),
    registers: new Map(),
  };
}

/** Runs one command after its opcode; returns when the agent is back in its loop. */
export type CommandHandler = (agent: Stage2) => Promise<void>;

export const COMMAND_NAMES = new Map<number, string>(
  Object.entries(LegacyCommand).map(([name, opcode]) => [opcode, name]),
);

/** One line in the phone's log for one command. */
export function logCommand(
  agent: Stage2,
  opcode: number,
  writes: boolean,
  detail?: Record<string, string | number>,
): void {
  const what = COMMAND_NAMES.get(opcode) ?? `COMMAND_${opcode.toString(16)}`;
  agent.session.log({ stage: 'stage2', what, writes, ...(detail && { detail }) });
}
