import type { DeviceIdentity } from '../bootrom/identity.js';
import type { EmiTable } from '../firmware/emi-table.js';
import type { StorageHints } from '../firmware/scatter/storage-hints.js';
import type { Link } from '../link/link.js';
import type { Signer } from '../security/signer.js';
import type { Agent } from './agent.js';

/** One load region of an agent file. */
export interface AgentRegion {
  /** As stored, signature included. */
  bytes: Uint8Array;
  /** Load address. */
  address: number;
  /** Bytes of signature at the end. */
  signatureLength: number;
}

/** The two stages for one chip, taken from a Download Agent container. */
export interface AgentImage {
  /** File it came from. */
  fileName: string;
  /** Build text of the container, decides between dialects: `MTK_AllInOne_DA_v3.3001.2019-12-31.22:53_497508`. */
  description: string;
  stage1: AgentRegion;
  stage2: AgentRegion;
}

export interface AgentStartOptions {
  identity: DeviceIdentity;
  image: AgentImage;
  /** Memory settings of the firmware's preloader. Needed only when the phone was caught in BROM. */
  emi?: EmiTable | undefined;
  /** What the firmware says of the phone's storage. */
  hints?: StorageHints | undefined;
  /** The owner's key, for agents that want their host to prove itself. */
  signer?: Signer | undefined;
  onProgress?: (phase: 'agent-upload' | 'dram', bytes: number, total: number) => void;
  onNote?: (message: string) => void;
  /** Goes on with the same phone after a re-enumeration that it has announced; false when it stayed. */
  reconnect?: () => Promise<boolean>;
}

/**
 * Takes over a link on which stage 1 has just been started with JUMP_DA and returns the running agent.
 * @throws UnbrickError stage `dram` (code `DRAM_SETUP_FAILED`, `EMI_TABLE_MISSING`, …) or `agent` (`AGENT_SILENT`, …)
 */
export type StartAgent = (link: Link, options: AgentStartOptions) => Promise<Agent>;
