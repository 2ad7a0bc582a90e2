/** From the raw start byte to "stage 1 is ready": docs/protocol/xflash-agent.md, "Handshake with stage 1". */
import {
  hex,
  XFLASH_START_BYTE,
  XFLASH_SYNC,
  XflashCommand,
  XflashEnvironment,
  XflashStatus,
} from '@unbrick/core/wire';
import { hang } from '../../device/wire.js';
import { type AgentState, logCommand } from './agent-state.js';
import { commandName } from './command-loop.js';
import { FrameError } from './frame.js';

/** Bit of the environment's log channel. */
const LOG_TO_USB = 2;
/** The virtual agent's lines are of this level; a higher one in the environment silences them. */
const LOG_LEVEL_INFO = 2;
/** Longest block of hardware parameters: its length travels in one byte. */
const MAX_HW_BLOCK = 0xff;

/** Resolves when stage 1 is ready; any deviation ends in silence, as in the agents. */
export async function startUp(state: AgentState): Promise<void> {
  const { channel } = state;
  await channel.wire.write(Uint8Array.of(XFLASH_START_BYTE));
  await expectSync(state);

  await expectSetupCode(state, XflashCommand.SETUP_ENVIRONMENT);
  const environment = XflashEnvironment.parse(await orDie(state, () => receiveEnvironment(state)));
  state.systemOs = environment.systemOs;
  channel.logging = (environment.logChannel & LOG_TO_USB) !== 0 && environment.logLevel <= LOG_LEVEL_INFO;
  logCommand(state, 'SETUP_ENVIRONMENT', false, {
    logLevel: environment.logLevel,
    logChannel: environment.logChannel,
    systemOs: environment.systemOs,
  });
  await channel.status(XflashStatus.OK);

  await expectSetupCode(state, XflashCommand.SETUP_HW_INIT_PARAMS);
  const blocks = await orDie(state, () => skipHardwareBlocks(state));
  logCommand(state, 'SETUP_HW_INIT_PARAMS', false, { blocks });
  await channel.status(XflashStatus.OK);
  await channel.print('stage 1 ready');
  await channel.sync();
}

async function expectSync(state: AgentState): Promise<void> {
  const word = await state.channel.receiveWord().catch((error: unknown) => {
    if (error instanceof FrameError) return undefined;
    throw error;
  });
  if (word === XFLASH_SYNC) return;
  logCommand(state, 'NO_SYNC', false, word === undefined ? {} : { word: hex(word, 8) });
  await hang(state.channel.wire);
}

/** A wrong code is answered 0, an unusable frame with its error; then silence in both cases. */
async function expectSetupCode(state: AgentState, expected: number): Promise<void> {
  const code = await orDie(state, () => state.channel.receiveWord());
  state.channel.answers.begin(commandName(expected));
  if (code === expected) return;
  logCommand(state, 'WRONG_SETUP_CODE', false, { expected: hex(expected, 8), got: hex(code, 8) });
  await state.channel.status(XflashStatus.OK);
  await hang(state.channel.wire);
}

async function receiveEnvironment(state: AgentState): Promise<Uint8Array> {
  const block = new Uint8Array(XflashEnvironment.size);
  block.set(await state.channel.receive(block.length));
  return block;
}

/** Charger, project, DRAM repair and erase settings mean nothing to a virtual phone. */
async function skipHardwareBlocks(state: AgentState): Promise<number> {
  const count = (await state.channel.receiveWord()) & 0xff;
  for (let i = 0; i < count; i++) {
    const length = (await state.channel.receiveWord()) & MAX_HW_BLOCK;
    await state.channel.receive(length);
  }
  return count;
}

async function orDie<T>(state: AgentState, receive: () => Promise<T>): Promise<T> {
  try {
    return await receive();
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    logCommand(state, 'FRAME_ERROR', false, { status: hex(error.status, 8) });
    await state.channel.status(error.status);
    return hang(state.channel.wire);
  }
}
