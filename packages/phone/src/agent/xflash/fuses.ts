/** One-time-programmable memory: framing only. A virtual phone has no `otp` partition and never burns a fuse. */
import { XflashStatus } from '@unbrick/core/wire';
import { type AgentState, logCommand } from './agent-state.js';
import { FrameError } from './frame.js';

const OTP_RANGE_SIZE = 8;
const FUSE_BLOCK_SIZE = 0xf8;
const FUSE_REQUEST_SIZE = 0x42d4;

export async function readOtpZone(state: AgentState): Promise<void> {
  await state.channel.receiveBlock(OTP_RANGE_SIZE);
  logCommand(state, 'READ_OTP_ZONE');
  await state.channel.status(XflashStatus.PARTITION_NOT_FOUND);
}

export async function writeOtpZone(state: AgentState): Promise<void> {
  await state.channel.receiveBlock(OTP_RANGE_SIZE);
  logCommand(state, 'WRITE_OTP_ZONE', true);
  await state.channel.status(XflashStatus.PARTITION_NOT_FOUND);
}

/** All fuses read as 0. */
export async function readFuses(state: AgentState): Promise<void> {
  const { channel } = state;
  await channel.receiveBlock(FUSE_BLOCK_SIZE);
  logCommand(state, 'READ_EFUSE');
  await channel.status(XflashStatus.OK);
  await channel.send(new Uint8Array(FUSE_BLOCK_SIZE));
  await channel.receiveWord().catch((error: unknown) => {
    if (!(error instanceof FrameError)) throw error;
  });
  await channel.status(XflashStatus.OK);
}

export async function writeFuses(state: AgentState): Promise<void> {
  await state.channel.receiveBlock(FUSE_REQUEST_SIZE);
  await state.channel.receiveBlock(FUSE_BLOCK_SIZE);
  logCommand(state, 'WRITE_EFUSE', true);
  await state.channel.status(XflashStatus.DEVICE_ERROR);
  await state.channel.status(XflashStatus.DEVICE_ERROR);
}
