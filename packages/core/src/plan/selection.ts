import { UnbrickError } from '../errors/unbrick-error.js';
import type { ScatterLayout, ScatterPartition } from '../firmware/scatter/scatter.js';

/** Which partitions the user wants written. Names are compared without regard to case. */
export interface Selection {
  /** Only these, ticked in the scatter file or not. */
  only?: readonly string[];
  /** All ticked ones but these. */
  skip?: readonly string[];
}

/**
 * The partitions to write, in scatter order: those the scatter file ticks (`is_download: true`), narrowed by the wish.
 * @throws UnbrickError `PARTITION_UNKNOWN` for a name that the scatter file does not have
 */
export function selectPartitions(layout: ScatterLayout, selection: Selection): ScatterPartition[] {
  const known = new Set(layout.partitions.map((partition) => partition.name.toLowerCase()));
  const wanted = (names: readonly string[] | undefined) => {
    for (const name of names ?? []) {
      if (!known.has(name.toLowerCase())) throw unknownName(name, layout);
    }
    return names && new Set(names.map((name) => name.toLowerCase()));
  };
  const only = wanted(selection.only);
  const skip = wanted(selection.skip);
  return layout.partitions.filter((partition) => {
    const name = partition.name.toLowerCase();
    if (skip?.has(name)) return false;
    return only ? only.has(name) : partition.isDownload;
  });
}

function unknownName(name: string, layout: ScatterLayout): UnbrickError {
  return new UnbrickError({
    code: 'PARTITION_UNKNOWN',
    stage: 'usage',
    message: `The firmware has no partition called '${name}'.`,
    evidence: [`it has: ${layout.partitions.map((partition) => partition.name).join(', ')}`],
    next: ['Use one of these names with --only or --skip.'],
  });
}
