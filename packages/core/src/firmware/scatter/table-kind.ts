import type { ScatterLayout } from './scatter.js';

/** The kind of partition table that phones of this layout have, where its partitions tell. */
export function tableKindOf({ storage, partitions }: ScatterLayout): 'gpt' | 'pmt' | undefined {
  if (storage === 'nand') return 'pmt';
  const has = (name: RegExp) => partitions.some((partition) => name.test(partition.name));
  if (has(/^pgpt$/i)) return 'gpt';
  return has(/^(pmt|mbr|ebr\d)$/i) ? 'pmt' : undefined;
}
