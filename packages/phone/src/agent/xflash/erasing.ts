/** FORMAT and FORMAT_PARTITION: docs/protocol/xflash-agent.md, "Erase". */
import type { Region } from '@unbrick/core';
import { hex, latin1, XflashStatus } from '@unbrick/core/wire';
import { regionSize } from '../flash/fitted-storage.js';
import { type AgentState, logCommand, statusFrom } from './agent-state.js';
import { writeDownloadRecord } from './download-record.js';
import { checkFlashBlock, describeFlashBlock, receiveFlashBlock } from './flash-block.js';
import { FrameError } from './frame.js';
import { findNamedArea, NAME_LIMIT } from './named-area.js';

const PERCENT_DONE = 100;

/** A parameter error is told, and what the storage accepts is erased all the same. */
export async function format(state: AgentState): Promise<void> {
  const block = await receiveFlashBlock(state);
  const target = checkFlashBlock(state, block);
  logCommand(state, 'FORMAT', true, describeFlashBlock(block, target));
  await state.channel.status(target.status);
  if (target.region === undefined) {
    await state.channel.status(XflashStatus.ERASE_FAILED);
    return;
  }
  if (state.session.faults.signedOnly) {
    await state.channel.status(XflashStatus.SECURITY_POLICY);
    return;
  }
  await writeDownloadRecord(state, 'FORMAT');
  await erase(state, target.region, block.address, block.length);
  await writeDownloadRecord(state, 'FORMAT done');
}

/** No status for the name. */
export async function formatPartition(state: AgentState): Promise<void> {
  const name = latin1(await state.channel.receiveText(NAME_LIMIT));
  const forbidden = state.session.faults.signedOnly ? XflashStatus.SECURITY_FORBIDDEN : undefined;
  const area = forbidden ?? (await findNamedArea(state, name));
  if (typeof area === 'number') {
    logCommand(state, 'FORMAT_PARTITION', true, { name, status: hex(area, 8) });
    await state.channel.status(area);
    return;
  }
  logCommand(state, 'FORMAT_PARTITION', true, { name, length: area.size });
  if (area.size === 0 || area.region === state.fitted.neverErasedByName) {
    await state.channel.status(XflashStatus.OK);
    return;
  }
  await erase(state, area.region, area.start, area.size);
}

/** One call to the card, hence one progress value, after the erase: it is 100 percent, and stopping comes too late. */
async function erase(state: AgentState, region: Region, start: number, length: number): Promise<void> {
  const { channel, session } = state;
  const status = await statusFrom(state, async () => {
    const end = Math.min(start + length, regionSize(session.storage, region));
    if (end > start) await session.storage.erase(region, start, end - start);
  });
  if (status !== XflashStatus.OK) {
    await channel.status(status);
    return;
  }
  await channel.status(XflashStatus.CONTINUE);
  await channel.status(PERCENT_DONE);
  await channel.receiveWord().catch((error: unknown) => {
    if (!(error instanceof FrameError)) throw error;
  });
  await channel.status(XflashStatus.COMPLETE);
}
