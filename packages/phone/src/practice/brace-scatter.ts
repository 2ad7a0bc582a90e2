import type { Profile } from '../profiles/profile.js';
import { regionOf } from '../profiles/profiles.js';

/** Where the user area begins in the linear map of these phones, behind the boot areas. */
const USER_BASE = 0x600000;
/** The unit in which places at the end are counted. */
const BLOCK_SIZE = 0x20000;

/**
 * The oldest form, of MT6573, MT6575 and MT6577: names and linear addresses. What is not to be written is marked in its
 * name; chip and storage stand in the name of the file.
 */
export function braceScatterText({ storage, partitions }: Profile): string {
  const end = storage.regions.user ?? 0;
  const rows = partitions.map((partition) => {
    const name = partition.fileName === undefined ? `__NODL_${partition.name}` : partition.name;
    if (partition.operation === 'RESERVED') {
      return `${name} 0xFFFF${((end - partition.start) / BLOCK_SIZE).toString(16).padStart(4, '0')}`;
    }
    const base = regionOf(partition) === 'user' ? USER_BASE : 0;
    return `${name} 0x${(base + partition.start).toString(16)}`;
  });
  return rows.map((row) => `${row}\n{\n}\n`).join('');
}
