import type { Chip } from '../chips/chips.js';

/** Which program answers on the other end. */
export type BootStage = 'brom' | 'preloader';

/** GET_TARGET_CONFIG, decoded. */
export interface TargetConfig {
  raw: number;
  /** SBC: images are verified at boot. */
  secureBoot: boolean;
  /** SLA: the host must prove itself with the maker's key. */
  serialLinkAuthorisation: boolean;
  /** DAA: only an agent signed for this phone is started. */
  agentAuthentication: boolean;
  rootCertificate: boolean;
  memoryReadAuthentication: boolean;
  memoryWriteAuthentication: boolean;
}

/** Everything a phone tells about itself before an agent runs. */
export interface DeviceIdentity {
  stage: BootStage;
  hwCode: number;
  hwSubCode: number;
  hwVersion: number;
  swVersion: number;
  /** Answer of GET_VERSION; legacy agents want it back. 0xFF when not available. */
  bromVersion: number;
  /** Answer of GET_BL_VER: 0xFE from BROM, 1..3 from a preloader. Legacy agents want it back. */
  bootloaderVersion: number;
  chip?: Chip;
  targetConfig: TargetConfig;
  /** Hex digits; identifies this one phone. Kept out of logs that are shared. */
  meId?: string;
  socId?: string;
}
