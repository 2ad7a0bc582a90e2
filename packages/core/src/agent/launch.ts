import type { BootRom } from '../bootrom/commands.js';
import type { DeviceIdentity } from '../bootrom/identity.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import { isXmlGeneration } from '../firmware/agent-file.js';
import type { Link } from '../link/link.js';
import { hex } from '../wire/index.js';
import type { Agent, AgentGeneration } from './agent.js';
import { startLegacyAgent } from './legacy/start.js';
import type { AgentImage, AgentStartOptions, StartAgent } from './start.js';
import { startXflashAgent } from './xflash/start.js';
import { startXmlAgent } from './xml/start.js';

const STARTERS: Record<AgentGeneration, StartAgent> = {
  legacy: startLegacyAgent,
  xflash: startXflashAgent,
  xml: startXmlAgent,
};

/**
 * The protocol that an agent speaks: files of the newest say so themselves, for the others the chip decides. Many chips of
 * 2020 and 2021 have agents of both kinds. Undefined for chips that are not known.
 */
export function agentGeneration(
  identity: Pick<DeviceIdentity, 'chip'>,
  image?: Pick<AgentImage, 'description'>,
): AgentGeneration | undefined {
  return image && isXmlGeneration(image) ? 'xml' : identity.chip?.agent;
}

/** Whether this program speaks the protocol of the chip's agents, or of the one that was found for it. */
export function agentSupported(identity: DeviceIdentity, image?: AgentImage): boolean {
  return agentGeneration(identity, image) !== undefined;
}

/**
 * Uploads stage 1, starts it and takes it to a running agent.
 * @throws UnbrickError `AGENT_GENERATION_UNSUPPORTED` before anything is sent; else as boot ROM and agent throw
 */
export async function launchAgent(link: Link, bootRom: BootRom, options: AgentStartOptions): Promise<Agent> {
  const { identity, image } = options;
  const generation = agentGeneration(identity, image);
  const start = generation && STARTERS[generation];
  if (!start) {
    throw new UnbrickError({
      code: 'AGENT_GENERATION_UNSUPPORTED',
      stage: 'agent',
      message: 'This program does not speak the protocol of this chip’s Download Agents yet.',
      evidence: [
        `hw_code ${hex(identity.hwCode, 4)}${generation ? `, ${generation} agents` : ', generation not known'}`,
      ],
      next: ['Use SP Flash Tool for this phone, and tell the project about the chip.'],
    });
  }
  // One progress over both stages; some protocols leave out the signature of the second.
  const first = image.stage1.bytes.length;
  const both = first + image.stage2.bytes.length;
  await bootRom.sendAgent(image.stage1, (bytes) => options.onProgress?.('agent-upload', bytes, both));
  await bootRom.jumpAgent(image.stage1.address);
  return start(link, {
    ...options,
    onProgress: (phase, bytes, total) => {
      if (phase === 'agent-upload') options.onProgress?.(phase, bytes === total ? both : first + bytes, both);
      else options.onProgress?.(phase, bytes, total);
    },
  });
}
