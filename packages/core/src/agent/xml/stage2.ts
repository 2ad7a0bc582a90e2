import { UnbrickError } from '../../errors/unbrick-error.js';
import { hex } from '../../wire/index.js';
import type { AgentImage } from '../start.js';
import { bootTo, memoryFile } from './command-text.js';
import type { XmlConversation } from './conversation.js';
import { PrimedSource } from './primed-source.js';
import { XML_TIMEOUT } from './timeouts.js';

/**
 * BOOT-TO: gives stage 1 the second stage, without its signature, which it checks by its own digest and jumps to.
 * @throws UnbrickError `AGENT_STAGE2_REFUSED`; as {@link XmlConversation.run}
 * See docs/protocol/xml-agent.md, "BOOT-TO".
 */
export async function bootStage2(
  talk: XmlConversation,
  image: AgentImage,
  onBytes?: (bytes: number, total: number) => void,
): Promise<void> {
  const { bytes, address, signatureLength } = image.stage2;
  const code = bytes.subarray(0, bytes.length - signatureLength);
  const path = memoryFile(code.length);
  onBytes?.(0, code.length);
  try {
    await talk.do(bootTo(address, path), {
      stage: 'agent',
      what: `to start stage 2 at ${hex(address)}`,
      source: { path, length: code.length, data: PrimedSource.of(code) },
      requestMs: XML_TIMEOUT.stage,
      onBytes: (sent) => onBytes?.(sent, code.length),
    });
  } catch (cause) {
    if (cause instanceof UnbrickError && /hash mismatch|da version|2nd da address/i.test(cause.evidence[0] ?? '')) {
      throw stagesDiffer(image, cause);
    }
    throw cause;
  }
  talk.expectNewStage();
}

function stagesDiffer(image: AgentImage, cause: UnbrickError): UnbrickError {
  return new UnbrickError({
    code: 'AGENT_STAGE2_REFUSED',
    stage: 'agent',
    message: 'The two stages of this Download Agent do not belong together: stage 1 does not accept stage 2.',
    evidence: [
      ...cause.evidence,
      `${image.fileName} (${image.description}), stage 2 of ${image.stage2.bytes.length} bytes, ` +
        `${image.stage2.signatureLength} of them signature`,
    ],
    next: [
      'The agent file is damaged or was altered: take it afresh from the firmware or from SP Flash Tool.',
      'Try another cable and another USB port, without a hub: damage on the way looks the same.',
    ],
    cause,
  });
}
