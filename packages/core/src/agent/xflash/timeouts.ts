/**
 * How long the host waits for an XFlash agent, in milliseconds. Generous: a healthy phone answers in milliseconds, and a
 * wait that ends too early turns a slow phone into a failed job. See docs/protocol/xflash-agent.md, "Behaviour notes".
 */
export const XFLASH_TIMEOUT = {
  /** The raw byte with which stage 1 announces itself. */
  startByte: 5_000,
  /** A plain status. */
  status: 5_000,
  /** Stage 1 sets up PMIC, PLL and clocks before it says SYNC. */
  stage1Ready: 15_000,
  /** Memory training; a phone whose memory is not listed stays silent for ever. */
  dram: 15_000,
  /** Stage 2 starts its storage driver and reads the partition table before it says SYNC. */
  stage2Ready: 15_000,
  /** Parameters of a flash operation: the agent may have to read the partition table and policies first. */
  parameters: 30_000,
  /** One packet of a read: a worn card retries for long. */
  readPacket: 30_000,
  /** A chunk status or the final status of a write: programming can fall far behind. */
  chunk: 60_000,
  /** One erase command, besides {@link ERASE_MS_PER_GIB}. */
  erase: 60_000,
  /** SHUTDOWN: the card is told to power off first. */
  shutdown: 15_000,
} as const;

/** Extra time an erase may take for its size. Old cards erase some 250 MiB a second. */
export const ERASE_MS_PER_GIB = 4_000;
