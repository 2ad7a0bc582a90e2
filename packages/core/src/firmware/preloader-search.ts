import { folderOf, nameOf } from './file-lookup.js';
import type { FirmwareProblem } from './firmware-problem.js';
import type { FirmwarePackage } from './package.js';
import { isPreloader } from './scatter/is-preloader.js';
import type { ScatterFile } from './scatter/scatter.js';

/**
 * By the scatter file's own word, else by name beside the scatter file or one folder below: `preloader_<project>.bin`, or the
 * only one there is. Of several none is guessed: another board's memory settings do not start this one.
 */
export function findPreloader(
  scatter: ScatterFile,
  fileFor: FirmwarePackage['fileFor'],
  paths: readonly string[],
  home: string,
  problems: FirmwareProblem[],
): string | undefined {
  const partitions = scatter.layouts.flatMap((layout) => layout.partitions).filter(isPreloader);
  for (const partition of partitions) {
    const path = fileFor(partition);
    if (path !== undefined) return path;
  }
  const files = paths.filter((path) => /^preloader[^/]*\.(bin|img)$/i.test(nameOf(path)));
  const beside = files.filter((path) => folderOf(path) === home);
  const near = beside.length > 0 ? beside : files.filter((path) => folderOf(folderOf(path)) === home);
  const project = `preloader_${scatter.project.toLowerCase()}.bin`;
  const best = near.find((path) => nameOf(path).toLowerCase() === project) ?? (near.length === 1 ? near[0] : undefined);
  const named = partitions.find((partition) => partition.fileName !== undefined)?.fileName;
  const lack = `The scatter file names ${named === undefined ? 'no preloader file' : `'${named}', which is not there`}`;
  if (best !== undefined) {
    const message = `${lack}; the memory settings are taken from ${best}.`;
    problems.push({ severity: 'warning', code: 'PRELOADER_GUESSED', message });
  } else if (near.length > 1) {
    const message = `${lack}, and which of these is meant is unclear: ${near.join(', ')}.`;
    problems.push({ severity: 'warning', code: 'PRELOADER_AMBIGUOUS', message });
  }
  return best;
}
