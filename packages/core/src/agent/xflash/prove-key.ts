import { askSigner } from '../../security/ask-signer.js';
import { agentKeyMissing, agentKeyRefused } from '../../security/key-refusals.js';
import type { Signer } from '../../security/signer.js';
import { bytes, hexBytes, struct, u32, XflashControl } from '../../wire/index.js';
import { controlGet, controlSet } from './device-control.js';
import type { XflashChannel } from './frame.js';
import { describeStatus } from './status.js';

/** What builds with a maker's library tell; builds without one give four bytes. */
const DeviceFirmwareInfo = struct('little', { version: u32, random: bytes(16), hrid: bytes(16), socId: bytes(32) });

/**
 * Answers the challenge of an agent that trusts its maker's key only. See docs/protocol/xflash-agent.md, "SLA".
 * @throws UnbrickError `SLA_REQUIRED` without a signer, `SLA_REFUSED` when the agent does not take the answer
 */
export async function proveKeyToAgent(
  channel: XflashChannel,
  signer: Signer | undefined,
  onNote?: (message: string) => void,
): Promise<void> {
  const asked = 'the agent answered SLA_ENABLED_STATUS with 1';
  if (!signer) throw agentKeyMissing([asked]);
  const { status, data } = await controlGet(channel, XflashControl.GET_DEV_FW_INFO, DeviceFirmwareInfo.size);
  if (!data || data.length < DeviceFirmwareInfo.size) {
    const seen = data ? `${data.length} bytes: ${hexBytes(data.subarray(0, 32))}` : describeStatus(status);
    throw agentKeyRefused(signer, [asked, `its challenge could not be read: GET_DEV_FW_INFO gave ${seen}`]);
  }
  const { random, hrid, socId } = DeviceFirmwareInfo.parse(data);
  onNote?.(`The agent asks for its maker’s key: proving ${signer.name}.`);
  const answer = await askSigner(signer, { purpose: 'agent', message: random, hrid, socId }, 'agent');
  const verdict = await controlSet(channel, XflashControl.SET_REMOTE_SEC_POLICY, answer);
  if (verdict !== 0) throw agentKeyRefused(signer, [asked, `its verdict: ${describeStatus(verdict)}`]);
}
