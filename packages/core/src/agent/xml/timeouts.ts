/**
 * How long the host waits for an XML agent, in milliseconds. Generous: a healthy phone answers in milliseconds, and a wait
 * that ends too early turns a slow phone into a failed job. See docs/protocol/xml-agent.md, "Behaviour notes".
 */
export const XML_TIMEOUT = {
  /** CMD:START after JUMP_DA or BOOT-TO: a stage sets up clocks and power first. */
  stage: 20_000,
  /** CMD:START between two commands. */
  start: 15_000,
  /** A plain acknowledgement. */
  ack: 15_000,
  /** The next request of the phone in a command that has nothing long to do. */
  request: 30_000,
  /** NOTIFY-INIT-HW: memory training, or the start of the storage. */
  init: 60_000,
  /** A chunk acknowledgement or the end of a write: programming can fall far behind, sparse images more so. */
  chunk: 90_000,
  /** Between two lines of a progress report. */
  progress: 120_000,
} as const;

/** Old cards erase some 250 MiB a second, and agents may say nothing until an erase is over. */
const ERASE_MS_PER_GIB = 4_000;

/** How long an agent may be busy with erasing `length` bytes. */
export function eraseMs(length: number): number {
  return XML_TIMEOUT.progress + Math.ceil((length / 0x40000000) * ERASE_MS_PER_GIB);
}
