import { ascii, concat, crc32, GPT_SIGNATURE, GptEntry, GptHeader } from '@unbrick/core/wire';

export interface GptPartition {
  name: string;
  /** Bytes. */
  start: number;
  size: number;
}

const ENTRIES = 128;
const ENTRIES_BYTES = ENTRIES * GptEntry.size;

/** The two files a firmware calls PGPT (34 sectors of 512) and SGPT (33 sectors). */
export function gptImages(
  diskBytes: number,
  partitions: readonly GptPartition[],
  block = 512,
): { primary: Uint8Array; backup: Uint8Array } {
  const sectors = diskBytes / block;
  const entries = new Uint8Array(ENTRIES_BYTES);
  partitions.forEach((partition, i) => {
    const name = new Uint8Array(72);
    Array.from(partition.name).forEach((character, at) => {
      name[at * 2] = character.charCodeAt(0);
    });
    const entry = GptEntry.build({
      typeGuid: new Uint8Array(16).fill(0x59),
      uniqueGuid: new Uint8Array(16).fill(i + 1),
      firstLba: partition.start / block,
      lastLba: (partition.start + partition.size) / block - 1,
      attributes: new Uint8Array(8),
      name,
    });
    entries.set(entry, i * GptEntry.size);
  });
  const entrySectors = ENTRIES_BYTES / block;
  const header = (currentLba: number, backupLba: number, entriesLba: number): Uint8Array => {
    const fields = {
      signature: ascii(GPT_SIGNATURE),
      revision: 0x10000,
      headerSize: GptHeader.size,
      headerCrc: 0,
      reserved: 0,
      currentLba,
      backupLba,
      firstUsableLba: 2 + entrySectors,
      lastUsableLba: sectors - entrySectors - 2,
      diskGuid: new Uint8Array(16).fill(7),
      entriesLba,
      entryCount: ENTRIES,
      entrySize: GptEntry.size,
      entriesCrc: crc32(entries),
    };
    const sector = new Uint8Array(block);
    sector.set(GptHeader.build({ ...fields, headerCrc: crc32(GptHeader.build(fields)) }));
    return sector;
  };
  return {
    primary: concat(new Uint8Array(block), header(1, sectors - 1, 2), entries),
    backup: concat(entries, header(sectors - 1, 1, sectors - 1 - entrySectors)),
  };
}
