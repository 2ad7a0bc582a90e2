/** The loop both stages run: one code, one status, the command. */
import { hex, XflashCommand, XflashStatus } from '@unbrick/core/wire';
import { hang } from '../../device/wire.js';
import { AnsweredAsPlanned } from '../../planned-answers.js';
import { type AgentState, logCommand } from './agent-state.js';
import { FrameError } from './frame.js';
import { isLocked } from './maker-key.js';

/** Runs after the status of the code. */
export type Command = (state: AgentState) => Promise<void>;

const COMMAND_NAMES = new Map<number, string>(Object.entries(XflashCommand).map(([name, code]) => [code, name]));

/** As in the phone's log. */
export function commandName(code: number): string {
  return COMMAND_NAMES.get(code) ?? hex(code, 8);
}

/** Resolves when a command has started another stage; a frame that is no command code ends the answers for good. */
export async function runCommands(state: AgentState, commands: ReadonlyMap<number, Command>): Promise<void> {
  const { stage } = state;
  while (state.stage === stage) {
    try {
      await runOne(state, commands);
    } catch (error) {
      if (!(error instanceof AnsweredAsPlanned)) throw error;
    }
  }
}

async function runOne(state: AgentState, commands: ReadonlyMap<number, Command>): Promise<void> {
  const { channel } = state;
  const code = await receiveCode(state);
  const command = commands.get(code);
  channel.answers.begin(commandName(code));
  if (command === undefined) {
    logCommand(state, 'UNSUPPORTED', false, { command: commandName(code) });
    return channel.status(XflashStatus.UNSUPPORTED_CMD);
  }
  if (isLocked(state, code)) {
    logCommand(state, 'LOCKED', false, { command: commandName(code) });
    return channel.status(XflashStatus.ERROR);
  }
  await channel.print(`[cmd] ${commandName(code)}`);
  await channel.status(XflashStatus.OK);
  await command(state);
}

async function receiveCode(state: AgentState): Promise<number> {
  try {
    return await state.channel.receiveWord();
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    logCommand(state, 'FRAME_ERROR', false, { status: hex(error.status, 8) });
    return hang(state.channel.wire);
  }
}
