/** The flash-operation parameter block and its check: docs/protocol/xflash-agent.md, "Flash-operation parameter block". */
import type { Region } from '@unbrick/core';
import { hex, viewOf, XflashFlashBlock, XflashStatus, XflashStorage } from '@unbrick/core/wire';
import { regionSize } from '../flash/fitted-storage.js';
import type { AgentState } from './agent-state.js';

export interface FlashBlock {
  storage: number;
  section: number;
  /** Byte offset in the section. */
  address: number;
  length: number;
}

/** What the agent makes of a block. */
export interface FlashTarget {
  status: number;
  /** Unknown when storage or section are. */
  region?: Region;
}

export async function receiveFlashBlock(state: AgentState): Promise<FlashBlock> {
  const block = await state.channel.receiveBlock(XflashFlashBlock.size);
  const { address, length } = XflashFlashBlock.offsets;
  clamp64(block, address);
  clamp64(block, length);
  return XflashFlashBlock.parse(block);
}

/** The agents' order of checks. */
export function checkFlashBlock(state: AgentState, block: FlashBlock): FlashTarget {
  const { fitted, session } = state;
  if (block.storage === XflashStorage.NONE) return { status: XflashStatus.STORAGE_NONE };
  if (block.storage !== fitted.code) return { status: XflashStatus.INVALID_STORAGE };
  const region = fitted.region(block.section);
  if (region === undefined) return { status: XflashStatus.INVALID_SECTION };
  const beyond = block.address + block.length > regionSize(session.storage, region);
  return { status: beyond ? XflashStatus.ADDRESS_OUT_OF_RANGE : XflashStatus.OK, region };
}

/** For the phone's log. */
export function describeFlashBlock(block: FlashBlock, target: FlashTarget): Record<string, string | number> {
  return {
    section: target.region ?? block.section,
    address: hex(block.address),
    length: block.length,
    ...(target.status !== XflashStatus.OK && { status: hex(target.status, 8) }),
  };
}

/** Values beyond 2^53 stand for "far too large" and stay so. */
function clamp64(block: Uint8Array, offset: number): void {
  const view = viewOf(block);
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  if (view.getBigUint64(offset, true) > most) view.setBigUint64(offset, most, true);
}
