import { UnbrickError } from '../../errors/unbrick-error.js';
import { hex, XFLASH_SYNC, XflashBootTo, XflashCommand, XflashStatus } from '../../wire/index.js';
import type { AgentImage } from '../start.js';
import { beginCommand } from './command.js';
import type { XflashChannel } from './frame.js';
import { describeStatus, refused } from './status.js';
import { XFLASH_TIMEOUT } from './timeouts.js';

/** Bytes a write, for smooth progress. */
const PIECE = 0x10000;

/**
 * BOOT_TO: sends stage 2, without its signature, and waits until it says that it runs.
 * @throws UnbrickError `AGENT_STAGE2_REFUSED`, `STORAGE_INIT_FAILED`; the channel's errors
 * See docs/protocol/xflash-agent.md, "BOOT_TO".
 */
export async function bootStage2(
  channel: XflashChannel,
  image: AgentImage,
  onBytes?: (bytes: number, total: number) => void,
): Promise<void> {
  const { bytes, address, signatureLength } = image.stage2;
  const code = bytes.subarray(0, bytes.length - signatureLength);
  onBytes?.(0, code.length);
  await beginCommand(channel, XflashCommand.BOOT_TO, 'agent');
  await channel.send(XflashBootTo.build({ address, length: code.length }));
  await channel.sendInPieces(code, PIECE, (sent) => onBytes?.(sent, code.length));
  const accepted = await channel.status({ timeoutMs: XFLASH_TIMEOUT.stage2Ready, what: 'the verdict on stage 2' });
  if (accepted === XflashStatus.DA_HASH_MISMATCH || accepted === XflashStatus.DA_VERSION_INCORRECT)
    throw stagesDiffer(image, accepted);
  if (accepted !== 0) throw refused(accepted, { stage: 'agent', what: `to start stage 2 at ${hex(address)}` });
  let ready: number;
  try {
    ready = await channel.status({ timeoutMs: XFLASH_TIMEOUT.stage2Ready, what: 'the ready mark of stage 2' });
  } catch (cause) {
    if (cause instanceof UnbrickError && cause.code === 'PHONE_SILENT') throw storageSilent(cause);
    throw cause;
  }
  // Some builds say 0 instead.
  if (ready !== XFLASH_SYNC && ready !== 0) throw refused(ready, { stage: 'agent', what: 'to run stage 2' });
}

function stagesDiffer(image: AgentImage, status: number): UnbrickError {
  return new UnbrickError({
    code: 'AGENT_STAGE2_REFUSED',
    stage: 'agent',
    message: 'The two stages of this Download Agent do not belong together: stage 1 does not accept stage 2.',
    evidence: [
      `stage 1 answered ${describeStatus(status)}`,
      `${image.fileName} (${image.description}), stage 2 of ${image.stage2.bytes.length} bytes, ` +
        `${image.stage2.signatureLength} of them signature`,
    ],
    next: [
      'The agent file is damaged or was altered: take it afresh from the firmware or from SP Flash Tool.',
      'Try another cable and another USB port, without a hub: damage on the way looks the same.',
    ],
  });
}

function storageSilent(cause: UnbrickError): UnbrickError {
  return new UnbrickError({
    code: 'STORAGE_INIT_FAILED',
    stage: 'agent',
    message: 'Stage 2 of the Download Agent was started and fell silent: the phone’s storage does not answer.',
    evidence: [...cause.evidence, 'stage 2 halts without a word when it finds no storage'],
    next: [
      'Unplug, hold the power key for 15 seconds, charge the phone for a while and repeat.',
      'Use the Download Agent that came with the firmware of this phone.',
      'If it stays so, the memory chip is dead or has lost contact: a repair shop can tell.',
    ],
    cause,
  });
}
