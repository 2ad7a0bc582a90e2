import type { AgentGeneration } from '../agent/agent.js';
import data from './chips.json';

/** What is known about one chip family, keyed by the `hw_code` its boot ROM reports. */
export interface Chip {
  hwCode: number;
  /** Platform names that share this hw_code, the family's own first: `MT6757`, `MT6757D`. */
  names: readonly string[];
  marketingName?: string;
  /** Protocol of its Download Agents, where known. */
  agent?: AgentGeneration;
  /** hw_code under which agent files list the chip; the chip's own unless stated. */
  agentFileHwCode: number;
  /** Write that stops the boot ROM's watchdog. */
  watchdog?: { address: number; value: number; widthBits: 16 | 32 };
  featurePhoneOrIot: boolean;
}

interface ChipRecord {
  hwCode: string;
  names: string[];
  marketingName?: string;
  agent?: string;
  agentFileHwCode?: string;
  watchdog?: { address: string; value: string; widthBits: number };
  featurePhoneOrIot?: boolean;
}

export const CHIPS: readonly Chip[] = (data as ChipRecord[]).map((record) => ({
  hwCode: Number(record.hwCode),
  names: record.names,
  ...(record.marketingName ? { marketingName: record.marketingName } : {}),
  ...(record.agent ? { agent: record.agent as AgentGeneration } : {}),
  agentFileHwCode: Number(record.agentFileHwCode ?? record.hwCode),
  ...(record.watchdog
    ? {
        watchdog: {
          address: Number(record.watchdog.address),
          value: Number(record.watchdog.value),
          widthBits: record.watchdog.widthBits as 16 | 32,
        },
      }
    : {}),
  featurePhoneOrIot: record.featurePhoneOrIot ?? false,
}));

/** The chip with this boot-ROM hw_code, or undefined for a chip nobody has described. */
export function chipByHwCode(hwCode: number): Chip | undefined {
  return CHIPS.find((chip) => chip.hwCode === hwCode);
}

/** All chips that carry this platform name (case does not matter). */
export function chipsByName(name: string): Chip[] {
  const wanted = name.toUpperCase();
  return CHIPS.filter((chip) => chip.names.includes(wanted));
}
