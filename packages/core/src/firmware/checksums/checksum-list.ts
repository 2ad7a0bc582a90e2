/** How a checksum is worked out: `sum` adds all bytes. */
export type ChecksumMethod = 'sum' | 'md5' | 'sha1' | 'sha256' | 'crc32';

/** What a package says one of its files must have. */
export interface ListedChecksum {
  /** Path of the file in the package. */
  path: string;
  method: ChecksumMethod;
  /** Lower-case hexadecimal digits, as many as the method has; of a sum without leading zeros. */
  value: string;
}

/** One list of checksums that a package brings. */
export interface ChecksumList {
  /** Path of the list. */
  path: string;
  checksums: ListedChecksum[];
  /** Lines that could not be understood, and files that are not there: told, never guessed. */
  problems: string[];
}

/** Files whose checksums are listed but which the package does not have, or lines of a list, shown at most. */
export const MOST_PROBLEMS = 20;
