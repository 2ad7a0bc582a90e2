/** Stage 1: brings up the DRAM and starts stage 2. docs/protocol/xflash-agent.md, "Stage 1 sequence". */
import { hex, XflashBootTo, XflashCommand, XflashStatus } from '@unbrick/core/wire';
import { hang } from '../../device/wire.js';
import { checkStage2 } from '../stage2-digest.js';
import { type AgentState, buildYear, isBuild, logCommand } from './agent-state.js';
import { type Command, runCommands } from './command-loop.js';
import { deviceControl } from './device-control.js';
import { initExternalRam } from './external-ram.js';
import { FrameError } from './frame.js';
import { readData } from './reading.js';
import { shutdown } from './shutdown.js';
import { switchUsbSpeed } from './usb-speed.js';

/** From here on addresses lie in the external DRAM. */
const DRAM_BASE = 0x40000000;

/** Resolves when stage 2 has been loaded and accepted; its SYNC is still to be sent. */
export async function runStage1(state: AgentState): Promise<void> {
  const commands = new Map<number, Command>([
    [XflashCommand.DEVICE_CTRL, deviceControl],
    [XflashCommand.INIT_EXT_RAM, initExternalRam],
    [XflashCommand.BOOT_TO, bootTo],
    [XflashCommand.SHUTDOWN, shutdown],
    [XflashCommand.SWITCH_USB_SPEED, switchUsbSpeed],
  ]);
  if (buildYear(state) >= 2018) commands.set(XflashCommand.SRAM_WRITE_TEST, refuseSramTest);
  if (isBuild(state, ['MT6765'], 2020)) commands.set(XflashCommand.READ_DATA, readData);
  await runCommands(state, commands);
}

/** `→ address and length, → data, ← status`; then stage 2 runs. */
async function bootTo(state: AgentState): Promise<void> {
  const { channel, session } = state;
  const { address, length } = loadArea(await channel.receiveBlock(XflashBootTo.size));
  const detail = { address: hex(address, 8), length };
  if (address >= DRAM_BASE && !state.dramReady) {
    logCommand(state, 'BOOT_TO', false, { ...detail, crash: 'DRAM is not set up' });
    await hang(channel.wire);
  }
  let stage2: Uint8Array;
  try {
    stage2 = await channel.receive(length);
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    logCommand(state, 'BOOT_TO', false, { ...detail, status: hex(error.status, 8) });
    await channel.status(error.status);
    return;
  }
  const verdict = await checkStage2(session.stage1, stage2);
  logCommand(state, 'BOOT_TO', false, { ...detail, received: stage2.length, stage2: verdict });
  if (verdict === 'mismatch') {
    await channel.status(XflashStatus.DA_HASH_MISMATCH);
    return;
  }
  await channel.status(XflashStatus.OK);
  state.stage = 'stage2';
}

/** Only the low 32 bits of both words are used. */
function loadArea(block: Uint8Array): { address: number; length: number } {
  const view = new DataView(block.buffer, block.byteOffset);
  return {
    address: view.getUint32(XflashBootTo.offsets.address, true),
    length: view.getUint32(XflashBootTo.offsets.length, true),
  };
}

/** A factory test that the builds have switched off. */
async function refuseSramTest(state: AgentState): Promise<void> {
  logCommand(state, 'SRAM_WRITE_TEST');
  await state.channel.status(XflashStatus.SECURITY_POLICY);
}
