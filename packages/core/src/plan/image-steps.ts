import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import { isPreloader } from '../firmware/scatter/is-preloader.js';
import { partitionOnPhone } from '../preflight/check-storage.js';
import { bootRegions, type PartitionTable, type StorageInfo } from '../storage/storage.js';
import { isBootChain } from './boot-chain.js';
import type { EraseStep, WritePreloaderStep, WriteStep } from './plan.js';

/** The steps that write the selected images. */
export interface ImageSteps {
  writes: (EraseStep | WriteStep)[];
  /** Comes last: until its turn the phone can still be caught by the preloader it has, and after it nothing else can fail. */
  preloader: WritePreloaderStep[];
}

/**
 * @param erase `gaps`: only what a sparse image leaves out has to be defined; `always`: nothing of the old content may
 *   remain; `never`: the place is empty already
 */
export function imageSteps(
  facts: FirmwareFacts,
  storage: StorageInfo,
  table: PartitionTable,
  erase: 'gaps' | 'always' | 'never',
): ImageSteps {
  const steps: ImageSteps = { writes: [], preloader: [] };
  for (const { partition, path, image } of facts.selected) {
    if (path === undefined || !image) continue;
    if (isPreloader(partition)) {
      steps.preloader.push({
        kind: 'write-preloader',
        partition: partition.name,
        path,
        regions: bootRegions(storage.kind),
        bytes: facts.preloader?.file.length ?? image.expandedSize,
        risk: 'high',
      });
      continue;
    }
    const entry = partitionOnPhone(table, partition.name);
    if (!entry) continue;
    const extent = { region: entry.region, start: entry.start, length: entry.length };
    const gaps = image.kind === 'sparse' && image.dataBytes < image.expandedSize;
    if (erase === 'always' || (erase === 'gaps' && gaps)) {
      steps.writes.push({ kind: 'erase', partition: entry.name, extent, bytes: extent.length, risk: 'low' });
    }
    steps.writes.push({
      kind: 'write',
      partition: entry.name,
      extent,
      path,
      format: image.kind,
      bytes: image.dataBytes,
      risk: isBootChain(entry.name) ? 'high' : 'low',
    });
  }
  return steps;
}
