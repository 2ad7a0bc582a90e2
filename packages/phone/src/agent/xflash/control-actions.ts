/** DEVICE_CTRL actions and tests. */
import { ascii, XflashStatus } from '@unbrick/core/wire';
import type { AgentState } from './agent-state.js';
import { receiveFlashBlock } from './flash-block.js';

/** Irreversible on a phone; not offered to hosts, so not among the wire facts. */
export const LOCK_OTP_ZONE = 0x080003;
export const DISABLE_EMMC_HWRESET_PIN = 0x080004;

const REGISTER_BLOCK_SIZE = 8;
const DRAM_BASE = 0x40000000;

/** An action without effect on a virtual phone. */
export const succeed = (state: AgentState) => state.channel.status(XflashStatus.OK);

export async function startDownloadInfo(state: AgentState): Promise<void> {
  state.downloadRecord = true;
  await state.channel.status(XflashStatus.OK);
}

/** The result is the answer: a virtual memory chip never ages. */
export const lifeCycleCheck = succeed;

/** No `otp` partition. */
export const refuseOtpLock = (state: AgentState) => state.channel.status(XflashStatus.PARTITION_NOT_FOUND);

/** Sends the block back with the value; for an address outside the build's list as it came, with an error. */
export async function readRegister(state: AgentState): Promise<void> {
  await state.channel.send(await state.channel.receiveBlock(REGISTER_BLOCK_SIZE));
  await state.channel.status(XflashStatus.REGISTER_FORBIDDEN);
}

/** Tests a range of the external DRAM: a line of text, then the result. */
export async function ramTest(state: AgentState): Promise<void> {
  const { address, length } = await receiveFlashBlock(state);
  const end = DRAM_BASE + state.session.profile.ramSize;
  const good = state.dramReady && address >= DRAM_BASE && address + length <= end;
  await state.channel.send(ascii(good ? 'RAM test: pass' : 'RAM test: fail'));
  await state.channel.status(good ? XflashStatus.OK : XflashStatus.DRAM_TEST_FAILED);
}
