import { UnbrickError } from '../errors/unbrick-error.js';
import { findAgentCandidates } from './agent-search.js';
import type { ChecksumList } from './checksums/checksum-list.js';
import { findChecksums } from './checksums/find-checksums.js';
import { FileLookup, folderOf, nameOf } from './file-lookup.js';
import type { FirmwareProblem } from './firmware-problem.js';
import { FLASH_XML_LIMIT, type FlashXml, isFlashXml, parseFlashXml } from './flash-xml.js';
import { ImageLookup } from './image-lookup.js';
import { findPreloader } from './preloader-search.js';
import type { ScatterFile, ScatterPartition } from './scatter/scatter.js';
import { describeScatter, type RatedScatter, rankScatters } from './scatter-choice.js';
import { type FoundScatters, findScatters, readScatter } from './scatter-search.js';
import type { FolderSource } from './source.js';

/** A firmware folder or archive, looked through: pure data, no image has been opened yet. Paths are relative to the folder. */
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
  /** As {@link fileFor}, and of an image that comes in numbered pieces all of them, in order. */
  filesFor(partition: ScatterPartition): string[];
  /** Images that are there a second time, signed for phones with secure boot: path → path of the signed one. */
  signedTwins: ReadonlyMap<string, string>;
  /** Lists of checksums that the package brings. */
  checksums: ChecksumList[];
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
 * Looks through a firmware folder or archive. With several scatter files the one is taken that the package's entry file
 * names, else the one whose images are there.
 * @throws UnbrickError `FIRMWARE_NO_SCATTER` (with what was found instead), `FILE_MISSING` for a `scatterPath` that is not
 *   there, `SCATTER_UNSUPPORTED`, `SCATTER_UNREADABLE`
 */
export async function openFirmware(folder: FolderSource, options: OpenFirmwareOptions = {}): Promise<FirmwarePackage> {
  const paths = (await folder.list()).sort();
  const lookup = new FileLookup(paths);
  const problems: FirmwareProblem[] = [...(folder.problems ?? [])];
  const entries = await readFlashXmls(folder, paths, lookup, problems);
  const found = await scattersOf(folder, paths, lookup, options.scatterPath);
  const named = new Set(entries.flatMap((entry) => entry.scatter ?? []));
  const ranked = rankScatters(found.read, lookup, named);
  const [chosen, ...others] = ranked as [RatedScatter, ...RatedScatter[]];
  const { scatter, path: scatterPath } = chosen;
  const home = folderOf(scatterPath);
  if (others.length > 0) {
    problems.push({
      severity: 'warning',
      code: 'FIRMWARE_SEVERAL_SCATTERS',
      message: `The folder has ${ranked.length} scatter files; ${scatterPath} is used (${describeScatter(chosen)}).`,
    });
  }
  const images = new ImageLookup(lookup, home);
  images.untickWithoutFile(scatter, problems);
  images.tellPieces(scatter, problems);
  const signedTwins = images.signedTwins(scatter);
  if (signedTwins.size > 0) problems.push(signedSet(signedTwins));
  const fileFor = (partition: ScatterPartition) => images.filesFor(partition)[0];
  const agentFiles = (await findAgentCandidates(folder, scatterPath)).map((each) => each.path);
  const authFiles = paths.filter((path) => /\.(auth|cert)$/i.test(path));
  const preloaderPath = findPreloader(scatter, fileFor, paths, home, problems);
  const checksums = await findChecksums(folder, lookup, home, (name) => fileOfPartition(scatter, fileFor, name));
  problems.push(...checksums.flatMap(unreadableLines));
  return {
    name: folder.name,
    scatter,
    scatterPath,
    scatterWhy: options.scatterPath === undefined ? describeScatter(chosen) : 'you named it',
    alternatives: [
      ...others.map((each) => ({ path: each.path, why: describeScatter(each) })),
      ...found.refused.map((each) => ({ path: each.path, why: `it cannot be used: ${each.error.message}` })),
    ],
    files: lookup.byLowerCase,
    folder,
    fileFor,
    filesFor: (partition) => images.filesFor(partition),
    signedTwins,
    checksums,
    agentFiles,
    authFiles,
    ...(preloaderPath === undefined ? {} : { preloaderPath }),
    unknown: unknownFiles(paths, scatter, images, home, [
      ...agentFiles,
      ...authFiles,
      preloaderPath ?? '',
      ...signedTwins.values(),
    ]),
    problems,
  };
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

/** The entry files of packages for SP Flash Tool 6; mostly there is none. */
async function readFlashXmls(
  folder: FolderSource,
  paths: readonly string[],
  lookup: FileLookup,
  problems: FirmwareProblem[],
): Promise<FlashXml[]> {
  const entries: FlashXml[] = [];
  for (const path of paths.filter(isFlashXml).slice(0, 8)) {
    const source = await folder.open(path);
    if (source.size > FLASH_XML_LIMIT) continue;
    const entry = parseFlashXml(path, await source.read(0, source.size), lookup);
    if (entry) entries.push(entry);
    if (entry?.wants !== undefined && entry.scatter === undefined) {
      const message = `${path} names the scatter file '${entry.wants}', which is not there.`;
      problems.push({ severity: 'warning', code: 'FILE_MISSING', message });
    }
  }
  return entries;
}

function signedSet(twins: ReadonlyMap<string, string>): FirmwareProblem {
  const [plain, signed] = [...twins][0] as [string, string];
  return {
    severity: 'warning',
    code: 'FIRMWARE_SIGNED_SET',
    message: `${twins.size} images are there twice: plain, as the scatter file names them (${plain}), and signed (${signed}). A phone with secure boot starts with signed ones only; if there is a scatter file for them, name it with --scatter.`,
  };
}

function fileOfPartition(scatter: ScatterFile, fileFor: FirmwarePackage['fileFor'], name: string): string | undefined {
  const wanted = name.toLowerCase();
  const found = scatter.layouts
    .flatMap((layout) => layout.partitions)
    .find((partition) => partition.name.toLowerCase() === wanted);
  return found && fileFor(found);
}

function unreadableLines({ path, problems }: ChecksumList): FirmwareProblem[] {
  if (problems.length === 0) return [];
  const rest = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const message = `${path} cannot be understood completely: ${problems[0]}${rest}.`;
  return [{ severity: 'warning', code: 'CHECKSUM_LIST_UNREADABLE', message }];
}

const KNOWN_EXTRAS =
  /(scatter[^/]*\.(txt|xml)|checksum[^/]*|md5[^/]*|[^/]*\.(md5|sha1|sha256)|rsc\.xml|release\.txt|flash\.(xml|xsd)|readme[^/]*)$/i;

function unknownFiles(
  paths: readonly string[],
  scatter: ScatterFile,
  images: ImageLookup,
  home: string,
  known: readonly string[],
): string[] {
  const used = new Set<string | undefined>(known);
  for (const layout of scatter.layouts)
    for (const partition of layout.partitions) for (const path of images.filesFor(partition)) used.add(path);
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
