/**
 * How long a legacy agent may take, milliseconds: the values of the vendor's own host (docs/protocol/legacy-agent.md,
 * "ground rules"). Every wait of this folder uses one of them.
 */
export interface LegacyTimeouts {
  /** First sync byte after the jump into stage 1. */
  sync: number;
  /** Any field without a time of its own. */
  field: number;
  /** Whether the DRAM state word comes without extra configuration words: the test for unknown agent builds. */
  extraWords: number;
  /** An answer that agent builds may not have: they pass the question over in silence. */
  optionalAnswer: number;
  /** Stage 1 checks the hash of stage 2 and starts it. */
  imageValidation: number;
  /** First word of the flash report: stage 2 sets up the storage before it speaks. */
  reportStart: number;
  /** First byte of the security pre-process. */
  preProcess: number;
  /** "First-time pre-process running" was announced. */
  preProcessRunning: number;
  /** A written packet is acknowledged once it is on the flash. */
  packetWritten: number;
  /** A packet of a read: the flash may retry internally before the bytes start. */
  packetRead: number;
  /** One step of an erase. */
  eraseStep: number;
  /** After an erase. */
  postProcess: number;
  /** "Post-process running" was announced. */
  postProcessRunning: number;
}

export const LEGACY_TIMEOUTS: Readonly<LegacyTimeouts> = {
  sync: 5_000,
  field: 10_000,
  extraWords: 1_500,
  optionalAnswer: 2_000,
  imageValidation: 5_000,
  reportStart: 30_000,
  preProcess: 20_000,
  preProcessRunning: 120_000,
  packetWritten: 60_000,
  packetRead: 60_000,
  eraseStep: 60_000,
  postProcess: 15_000,
  postProcessRunning: 300_000,
};
