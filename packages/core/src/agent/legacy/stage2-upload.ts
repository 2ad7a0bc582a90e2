import { UnbrickError } from '../../errors/unbrick-error.js';
import { LegacyByte, struct, u32 } from '../../wire/index.js';
import type { AgentRegion, AgentStartOptions } from '../start.js';
import type { Conversation } from './conversation.js';

const UploadHeader = struct('big', { address: u32, length: u32, packetSize: u32 });
/** What the vendor's host and every client use. */
const PACKET_SIZE = 0x1000;

/**
 * Sends stage 2 and waits until it lives (docs/protocol/legacy-agent.md, "stage-2 upload"). Each packet is sent only after
 * the one before was acknowledged: stage 1 has no room to take more.
 * @throws UnbrickError stage `agent-upload`: `AGENT_STAGE2_REFUSED`, `AGENT_REFUSED`, `PHONE_SILENT`
 */
export async function uploadStage2(
  talk: Conversation,
  stage2: AgentRegion,
  onProgress?: AgentStartOptions['onProgress'],
): Promise<void> {
  const { bytes, address } = stage2;
  talk.doing = { stage: 'agent-upload', what: 'sending the second stage of the agent' };
  await talk.send(UploadHeader.build({ address, length: bytes.length, packetSize: PACKET_SIZE }));
  await talk.ack('the acknowledgement of the second stage');
  const whole = bytes.length - (bytes.length % PACKET_SIZE);
  onProgress?.('agent-upload', 0, bytes.length);
  for (let at = 0; at < whole; at += PACKET_SIZE) {
    await talk.send(bytes.subarray(at, at + PACKET_SIZE));
    await talk.ack('the acknowledgement of a packet');
    onProgress?.('agent-upload', at + PACKET_SIZE, bytes.length);
  }
  // The tail is acknowledged even when it is empty.
  if (whole < bytes.length) await talk.send(bytes.subarray(whole));
  await talk.ack('the acknowledgement of the last packet');
  await stage2Alive(talk);
  await talk.sendByte(LegacyByte.ACK);
  onProgress?.('agent-upload', bytes.length, bytes.length);
}

/** Stage 1 compares a hash of stage 2 and, when it differs, hangs without a word. The value of the byte is not fixed. */
async function stage2Alive(talk: Conversation): Promise<void> {
  try {
    await talk.byte('the first byte of the second stage', talk.timeouts.imageValidation);
  } catch (error) {
    if (!(error instanceof UnbrickError) || error.code !== 'PHONE_SILENT') throw error;
    throw new UnbrickError({
      code: 'AGENT_STAGE2_REFUSED',
      stage: 'agent-upload',
      message: 'The first stage of the agent did not start the second one.',
      evidence: [
        'all packets were acknowledged, then the phone fell silent',
        'a first stage does so when the hash of the second does not fit',
      ],
      next: [
        'Use an unmodified Download Agent file, preferably the one that comes with the firmware.',
        'Unplug the cable, hold the power key for 15 seconds, plug in again and repeat.',
      ],
      cause: error,
    });
  }
}
