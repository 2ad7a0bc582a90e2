/** Reads `length` bytes at `offset` of one region of the storage; fewer only at the region's end. */
export type ReadBytes = (offset: number, length: number) => Promise<Uint8Array>;

/** Something about a partition table that a person should know; the table may be usable all the same. */
export interface TableProblem {
  /** Stable: `GPT_PRIMARY_INVALID`. */
  code: string;
  message: string;
}
