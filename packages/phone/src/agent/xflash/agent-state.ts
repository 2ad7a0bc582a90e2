/** What a running agent knows: one object from stage 1 to stage 2. */
import { XflashStatus } from '@unbrick/core/wire';
import { AnsweredAsPlanned, PlannedAnswers } from '../../planned-answers.js';
import { type FlashContext, flashStatus } from '../flash/flash-context.js';
import type { PartitionTableCache } from '../flash/partition-table.js';
import type { AgentSession, PhoneLogEntry } from '../session.js';
import { FrameChannel, FrameError } from './frame.js';
import type { XflashStorageMap } from './storage-map.js';

/** Bits of SET_CHECKSUM_LEVEL. */
export const ChecksumLevel = { USB: 1, STORAGE: 2 } as const;
/** SET_BATTERY_OPT values. */
export const BatteryOption = { PRESENT: 0, USB_POWER_ONLY: 1, AUTO: 2 } as const;

export interface AgentState {
  readonly session: AgentSession;
  readonly channel: FrameChannel;
  stage: 'stage1' | 'stage2';
  readonly fitted: XflashStorageMap;
  readonly tables: PartitionTableCache;
  /** Environment: 1 = Linux. It decides the read packet length. */
  systemOs: number;
  checksumLevel: number;
  batteryOption: number;
  resetKey: number;
  usbSpeed: 'full-speed' | 'high-speed';
  dramReady: boolean;
  /** SET_ALL_IN_ONE_SIG works once. */
  allInOneSignature: boolean;
  /** The host has proved that it has the key this agent trusts; builds without a maker's library trust everybody. */
  trusted: boolean;
  /** The random part of the challenge. */
  readonly challenge: Uint8Array;
  /** START_DL_INFO was asked: DOWNLOAD, WRITE_DATA and FORMAT write a record to `flashinfo`. */
  downloadRecord: boolean;
}

/** What the image writers want to know. */
export function flashOf({ session, fitted, checksumLevel }: AgentState): FlashContext {
  return { storage: session.storage, fitted, verifies: (checksumLevel & ChecksumLevel.STORAGE) !== 0 };
}

/** The status word of a failed operation. Rethrows what is no failure of the phone (cable out, a defect of ours). */
export function statusOf(error: unknown, state: AgentState): number {
  return error instanceof FrameError || error instanceof AnsweredAsPlanned
    ? error.status
    : flashStatus(error, state.fitted);
}

/** Runs `work`; resolves to its status word. */
export async function statusFrom(state: AgentState, work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return XflashStatus.OK;
  } catch (error) {
    return statusOf(error, state);
  }
}

export function logCommand(state: AgentState, what: string, writes = false, detail?: PhoneLogEntry['detail']): void {
  state.session.log({ stage: state.stage, what, writes, ...(detail && { detail }) });
}

/** Differences between agent builds hang on chip and year: docs/protocol/xflash-agent.md, "The agents behind". */
export function isBuild(state: AgentState, platforms: readonly string[], fromYear: number): boolean {
  return buildYear(state) >= fromYear && platforms.includes(state.session.profile.platform);
}

export function buildYear(state: AgentState): number {
  return state.session.profile.agent.xflash?.buildYear ?? 2019;
}

export function newAgentState(
  session: AgentSession,
  fitted: XflashStorageMap,
  tables: PartitionTableCache,
): AgentState {
  const fromPreloader = session.bootedBy === 'preloader';
  return {
    session,
    channel: new FrameChannel(session.wire, new PlannedAnswers(session.faults)),
    stage: 'stage1',
    fitted,
    tables,
    systemOs: 0,
    checksumLevel: ChecksumLevel.STORAGE,
    batteryOption: BatteryOption.USB_POWER_ONLY,
    resetKey: 0x68,
    // The boot ROM enumerates at full speed; a preloader has switched its controller to high speed already.
    usbSpeed: fromPreloader ? 'high-speed' : 'full-speed',
    dramReady: fromPreloader,
    allInOneSignature: false,
    trusted: session.profile.security?.agentLinkKey === undefined,
    challenge: crypto.getRandomValues(new Uint8Array(16)),
    downloadRecord: false,
  };
}
