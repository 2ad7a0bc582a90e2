import type { Agent } from '../agent/agent.js';
import type { ConnectedPhone } from '../bootrom/connect.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import type { AgentFile } from '../firmware/agent-file.js';
import { chooseAgent, loadAgentFiles } from '../firmware/agent-search.js';
import type { EmiTable } from '../firmware/emi-table.js';
import { MemoryFolder } from '../firmware/memory-folder.js';
import type { FirmwarePackage } from '../firmware/package.js';
import { parsePreloader } from '../firmware/preloader.js';
import { storageHints } from '../firmware/scatter/storage-hints.js';
import { type ByteSource, readWhole } from '../firmware/source.js';
import { gatherCredentials } from './credentials.js';
import { leavePhone, type ReachOptions, reachPhone, startAgent } from './phone-session.js';

/** A job that needs a running agent but no plan: looking, reading, erasing. */
export interface AgentJob extends ReachOptions {
  /** Where the Download Agent and the memory settings come from. */
  firmware?: FirmwarePackage;
  /** Use this agent file instead. */
  agentFile?: ByteSource;
}

/** Largest preloader file that is read for its memory settings. */
const PRELOADER_LIMIT = 16 << 20;
const NO_FIRMWARE = { folder: new MemoryFolder(''), agentFiles: [], scatterPath: '' };

/**
 * Reaches a phone, starts an agent on it, does `work`, and restarts the phone. `work` gets no agent when no file has one
 * for this phone. After an error or a stop in `work` the phone is restarted too: such jobs leave nothing half-done that
 * starting could harm, or say so with `leave`: `left` means that the phone was restarted already.
 */
export async function withAgent<T>(
  job: AgentJob,
  work: (phone: ConnectedPhone, agent: Agent | undefined, agentFile: AgentFile | undefined) => Promise<T>,
  leave: () => 'normal' | 'power-off' | 'left' = () => 'normal',
): Promise<T> {
  const phone = await reachPhone(job);
  let agent: Agent | undefined;
  try {
    const files = await loadAgentFiles(job.firmware ?? NO_FIRMWARE, job.agentFile);
    const choice = chooseAgent(files, phone.identity);
    const used = files.find(({ file }) => file && file.fileName === choice.image?.fileName)?.file;
    for (const { file, why } of choice.image ? [] : choice.rejected) {
      job.emit({ type: 'note', phase: 'agent-upload', message: `${file}: ${why}` });
    }
    if (choice.image) {
      const credentials = await gatherCredentials(job.firmware, job.credentials);
      const hints = job.firmware && storageHints(job.firmware.scatter);
      const needs = { image: choice.image, emi: await emiOf(job), credentials, hints };
      agent = await startAgent(phone, needs, job.emit);
    }
    return await work(phone, agent, used);
  } finally {
    const how = leave();
    await leavePhone(phone, how === 'left' ? undefined : agent, how === 'left' ? 'normal' : how);
  }
}

/** @throws UnbrickError `AGENT_MISSING` when there is no agent for work that cannot do without */
export function needAgent(agent: Agent | undefined): Agent {
  if (agent) return agent;
  throw new UnbrickError({
    code: 'AGENT_MISSING',
    stage: 'preflight',
    message: 'No Download Agent file was found that has an agent for this phone.',
    next: ['Name the firmware folder it came with: --firmware DIR', 'Or name the agent file: --da FILE'],
  });
}

async function emiOf({ firmware }: AgentJob): Promise<EmiTable | undefined> {
  if (firmware?.preloaderPath === undefined) return undefined;
  const source = await firmware.folder.open(firmware.preloaderPath);
  try {
    return parsePreloader(source.name, await readWhole(source, PRELOADER_LIMIT)).emi;
  } catch (cause) {
    // Only a phone caught in BROM needs it; the agent's own error will say so then.
    if (cause instanceof UnbrickError || cause instanceof RangeError) return undefined;
    throw cause;
  }
}
