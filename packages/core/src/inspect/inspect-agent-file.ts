import { CHIPS } from '../chips/chips.js';
import {
  type AgentFile,
  type AgentFileEntry,
  agentImage,
  isXmlGeneration,
  signatureKind,
} from '../firmware/agent-file.js';
import { hex } from '../wire/index.js';
import type { InspectedAgent, InspectedAgentFile } from './inspection.js';

/** For which chips a Download Agent file has agents, of which generation, built when. Pure. */
export function inspectAgentFile(file: AgentFile): InspectedAgentFile {
  const agents = file.entries.map((entry) => inspectEntry(file, entry));
  const placeholders = agents.some((agent) => agent.signature === 'placeholder');
  return {
    type: 'agent-file',
    name: file.fileName,
    size: file.bytes.length,
    build: file.description,
    agents,
    notes: placeholders
      ? [
          {
            severity: 'warning',
            code: 'AGENT_MUST_BE_SIGNED',
            message:
              'Its agents carry a placeholder where a signature belongs: phones that check signatures refuse them.',
          },
        ]
      : [],
  };
}

function inspectEntry(file: AgentFile, entry: AgentFileEntry): InspectedAgent {
  const chips = CHIPS.filter((chip) => chip.agentFileHwCode === entry.hwCode || chip.hwCode === entry.hwCode);
  const generations = new Set(chips.flatMap((chip) => chip.agent ?? []));
  return {
    hwCode: hex(entry.hwCode, 4),
    chips: [...new Set(chips.flatMap((chip) => chip.names))],
    generation: isXmlGeneration(file) ? 'xml' : generations.size === 1 ? ([...generations][0] as string) : 'unknown',
    signature: signatureOf(file, entry),
    swVersion: hex(entry.swVersion, 4),
  };
}

function signatureOf(file: AgentFile, entry: AgentFileEntry): InspectedAgent['signature'] {
  try {
    return signatureKind(agentImage(file, entry));
  } catch {
    // An entry without both stages: agentImage says so to whoever wants to use it.
    return 'incomplete';
  }
}
