/** A partition as the agent keeps it, whatever the form on the storage. `start` and `size` in bytes. */
export interface TableEntry {
  name: string;
  start: number;
  size: number;
}
