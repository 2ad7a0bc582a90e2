/** Builds with their maker's library trust the owner of one key: docs/protocol/xflash-agent.md, "SLA". */
import { bytes, encode, struct, u32, XflashCommand, XflashStatus } from '@unbrick/core/wire';
import { isSealedOaep } from '../../security/signed-message.js';
import type { AgentState } from './agent-state.js';
import { fixedSize, hexToBytes } from './storage-id.js';

const FirmwareInfo = struct('little', { version: u32, random: bytes(16), hrid: bytes(16), socId: bytes(32) });
/** Answers are as long as the key. */
const ANSWER_LIMIT = 0x400;

/** Commands that work before the key is proved: they set the scene. */
const OPEN_COMMANDS: ReadonlySet<number> = new Set<number>([
  XflashCommand.SETUP_ENVIRONMENT,
  XflashCommand.SETUP_HW_INIT_PARAMS,
  XflashCommand.INIT_EXT_RAM,
  XflashCommand.BOOT_TO,
  XflashCommand.DEVICE_CTRL,
  XflashCommand.SHUTDOWN,
]);

/** Whether this build asks for a key at all. */
export function asksForKey({ session }: AgentState): boolean {
  return session.profile.security?.agentLinkKey !== undefined;
}

/** Whether the command has to wait for the proof. */
export function isLocked(state: AgentState, command: number): boolean {
  return state.stage === 'stage2' && !state.trusted && !OPEN_COMMANDS.has(command);
}

/** SLA_ENABLED_STATUS. */
export async function keyDemanded(state: AgentState): Promise<void> {
  await state.channel.send(encode(u32, 'little', 1));
  await state.channel.status(XflashStatus.OK);
}

/** GET_DEV_FW_INFO of builds with a library: the challenge, and who the chip is. */
export async function challengeInfo(state: AgentState): Promise<void> {
  const { meId, socId = meId } = state.session.profile.bootRom;
  await state.channel.send(
    FirmwareInfo.build({
      version: 1,
      random: state.challenge,
      hrid: fixedSize(hexToBytes(meId), 16),
      socId: fixedSize(hexToBytes(socId), 32),
    }),
  );
  await state.channel.status(XflashStatus.OK);
}

/** SET_REMOTE_SEC_POLICY: the challenge under the key. */
export async function takeAnswer(state: AgentState): Promise<void> {
  const answer = await state.channel.receiveText(ANSWER_LIMIT);
  const key = state.session.profile.security?.agentLinkKey;
  state.trusted = key !== undefined && (await isSealedOaep(key, answer, state.challenge));
  await state.channel.status(state.trusted ? XflashStatus.OK : XflashStatus.SLA_ANSWER_WRONG);
}
