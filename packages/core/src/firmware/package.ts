import { UnbrickError } from '../errors/unbrick-error.js';
import { findAgentCandidates } from './agent-search.js';
import { FileLookup, filesLike, folderOf, nameOf } from './file-lookup.js';
import type { FirmwareProblem } from './firmware-problem.js';
import { isPreloader } from './scatter/is-preloader.js';
import type { ScatterFile, ScatterLayout, ScatterPartition } from './scatter/scatter.js';
import { type FoundScatter, type FoundScatters, findScatters, readScatter } from './scatter-search.js';
import type { FolderSource } from './source.js';

/** A firmware folder, looked through: pure data, no image has been opened yet. Paths are relative to the folder. */
export interface FirmwarePackage {
  /** Name of the folder. */
  name: string;
  scatter: ScatterFile;
  scatterPath: string;
  /** Why this scatter file, a short sentence. */
  scatterWhy: string;
  /** The other scatter files of the folder, with what tells them apart or why they cannot be used. */
  alternatives: { path: string; why: string }[];
  /** All files: lower-cased path → path. */
  files: ReadonlyMap<string, string>;
  folder: FolderSource;
  /** Path of the partition's image; undefined when the scatter file names none or it is not there. */
  fileFor(partition: ScatterPartition): string | undefined;
  /** Paths of Download Agent containers, nearest to the scatter file first. */
  agentFiles: string[];
  /** Paths of authentication files and certificates of the maker. */
  authFiles: string[];
  /** The preloader file, needed for its memory settings even when it is not written. */
  preloaderPath?: string;
  /** Files in the scatter file's folder that no partition names and that are nothing else this program knows. */
  unknown: string[];
  problems: FirmwareProblem[];
}

export interface OpenFirmwareOptions {
  /** Use this scatter file of the folder, in any case. */
  scatterPath?: string | undefined;
}

/**
 * Looks through a firmware folder. With several scatter files the one is taken whose images are there.
 * @throws UnbrickError `FIRMWARE_NO_SCATTER` (with what was found instead), `FILE_MISSING` for a `scatterPath` that is not
 *   there, `SCATTER_UNSUPPORTED`, `SCATTER_UNREADABLE`
 */
export async function openFirmware(folder: FolderSource, options: OpenFirmwareOptions = {}): Promise<FirmwarePackage> {
  const paths = (await folder.list()).sort();
  const lookup = new FileLookup(paths);
  const found = await scattersOf(folder, paths, lookup, options.scatterPath);
  const ranked = found.read.map((each) => rate(each, lookup)).sort(byMerit);
  const [chosen, ...others] = ranked as [Rated, ...Rated[]];
  const { scatter, path: scatterPath } = chosen;
  const home = folderOf(scatterPath);
  const problems: FirmwareProblem[] = [...(folder.problems ?? [])];
  if (others.length > 0) {
    problems.push({
      severity: 'warning',
      code: 'FIRMWARE_SEVERAL_SCATTERS',
      message: `The folder has ${ranked.length} scatter files; ${scatterPath} is used (${describe(chosen)}).`,
    });
  }
  untickWithoutFile(scatter, lookup, home, problems);
  const fileFor = (partition: ScatterPartition) => fileOf(partition, lookup, home);
  const agentFiles = (await findAgentCandidates(folder, scatterPath)).map((each) => each.path);
  const authFiles = paths.filter((path) => /\.(auth|cert)$/i.test(path));
  const preloaderPath = findPreloader(scatter, fileFor, paths, home, problems);
  return {
    name: folder.name,
    scatter,
    scatterPath,
    scatterWhy: options.scatterPath === undefined ? describe(chosen) : 'you named it',
    alternatives: [
      ...others.map((each) => ({ path: each.path, why: describe(each) })),
      ...found.refused.map((each) => ({ path: each.path, why: `it cannot be used: ${each.error.message}` })),
    ],
    files: lookup.byLowerCase,
    folder,
    fileFor,
    agentFiles,
    authFiles,
    ...(preloaderPath === undefined ? {} : { preloaderPath }),
    unknown: unknownFiles(paths, scatter, fileFor, home, [...agentFiles, ...authFiles, preloaderPath ?? '']),
    problems,
  };
}

function fileOf(partition: ScatterPartition, lookup: FileLookup, home: string): string | undefined {
  const { fileName, fileAlternatives } = partition;
  if (fileAlternatives) {
    const hits = filesLike(lookup, home, fileAlternatives);
    return hits.length === 1 ? hits[0] : undefined;
  }
  return fileName === undefined ? undefined : lookup.resolve(home, fileName);
}

/**
 * The oldest scatter files tick nothing: what is there is flashed. Which files those are was found by custom, so everything
 * that is not clear is told.
 */
function untickWithoutFile(scatter: ScatterFile, lookup: FileLookup, home: string, problems: FirmwareProblem[]): void {
  const absent: string[] = [];
  for (const partition of scatter.layouts.flatMap((layout) => layout.partitions)) {
    if (!partition.fileAlternatives || !partition.isDownload) continue;
    const hits = filesLike(lookup, home, partition.fileAlternatives);
    if (hits.length === 1) continue;
    partition.isDownload = false;
    if (hits.length === 0) absent.push(partition.name);
    else {
      const message = `Which of these belongs to ${partition.name} is unclear, so it is not ticked: ${hits.join(', ')}.`;
      problems.push({ severity: 'warning', code: 'FIRMWARE_FILE_AMBIGUOUS', message });
    }
  }
  if (absent.length === 0) return;
  const message = `There is no image for ${absent.join(', ')}; what is there is flashed, the rest stays as it is.`;
  problems.push({ severity: 'warning', code: 'FIRMWARE_FILES_ABSENT', message });
}

async function scattersOf(
  folder: FolderSource,
  paths: readonly string[],
  lookup: FileLookup,
  wanted: string | undefined,
): Promise<FoundScatters> {
  if (wanted === undefined) return findScatters(folder, paths);
  const path = lookup.resolve('', wanted);
  if (path === undefined) throw scatterMissing(folder, wanted, paths);
  return { read: [{ path, scatter: await readScatter(folder, path) }], refused: [] };
}

interface Rated extends FoundScatter {
  /** Ticked images that are there, and all ticked ones. Of several layouts the best. */
  present: number;
  ticked: number;
}

function rate(found: FoundScatter, lookup: FileLookup): Rated {
  const home = folderOf(found.path);
  const counts = found.scatter.layouts.map((layout) => {
    const ticked = new Map(tickedFiles(layout).map((partition) => [partition.fileName, partition]));
    return {
      present: [...ticked.values()].filter((partition) => fileOf(partition, lookup, home) !== undefined).length,
      ticked: ticked.size,
    };
  });
  return { ...found, ...counts.reduce((best, each) => (each.present > best.present ? each : best)) };
}

function tickedFiles(layout: ScatterLayout): ScatterPartition[] {
  return layout.partitions.filter(({ isDownload, fileName }) => isDownload && fileName !== undefined);
}

/** Most images there, then fewest missing, then nearest the top, then the plain set rather than the signed one. */
function byMerit(a: Rated, b: Rated): number {
  const signed = ({ path }: Rated) => (/verified|sign/i.test(nameOf(path)) ? 1 : 0);
  const depth = ({ path }: Rated) => path.split('/').length;
  return (
    b.present - a.present ||
    a.ticked - b.ticked ||
    depth(a) - depth(b) ||
    signed(a) - signed(b) ||
    (a.path < b.path ? -1 : 1)
  );
}

function describe({ scatter, present, ticked }: Rated): string {
  const storage = scatter.layouts.map((layout) => layout.storage.toUpperCase()).join(' and ');
  const project = scatter.project ? `, project ${scatter.project}` : '';
  return `${scatter.platform || 'unnamed platform'}${project}, ${storage}, ${present} of ${ticked} ticked image files are there`;
}

/**
 * By the scatter file's own word, else by name beside the scatter file or one folder below: `preloader_<project>.bin`, or the
 * only one there is. Of several none is guessed: another board's memory settings do not start this one.
 */
function findPreloader(
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

const KNOWN_EXTRAS =
  /(scatter[^/]*\.(txt|xml)|checksum[^/]*|md5[^/]*|[^/]*\.(md5|sha1|sha256)|rsc\.xml|release\.txt|flash\.(xml|xsd)|readme[^/]*)$/i;

function unknownFiles(
  paths: readonly string[],
  scatter: ScatterFile,
  fileFor: FirmwarePackage['fileFor'],
  home: string,
  known: readonly string[],
): string[] {
  const used = new Set<string | undefined>(known);
  for (const layout of scatter.layouts) for (const partition of layout.partitions) used.add(fileFor(partition));
  return paths.filter((path) => folderOf(path) === home && !used.has(path) && !KNOWN_EXTRAS.test(nameOf(path)));
}

function scatterMissing(folder: FolderSource, wanted: string, paths: readonly string[]): UnbrickError {
  const near = paths.filter((path) => /scatter/i.test(path));
  return new UnbrickError({
    code: 'FILE_MISSING',
    stage: 'firmware',
    message: `There is no file ${wanted} in ${folder.name}.`,
    evidence: [
      near.length > 0
        ? `scatter files there: ${near.slice(0, 6).join(', ')}`
        : `${paths.length} files, none called a scatter file`,
    ],
    next: ['Name a scatter file that is there, or the folder alone.'],
  });
}
