import { UnbrickError } from '../errors/unbrick-error.js';
import { type Container, containerByName } from './container.js';
import { parseScatter } from './scatter/parse-scatter.js';
import type { ScatterFile } from './scatter/scatter.js';
import type { FolderSource } from './source.js';

/** Larger text files are not looked into when no file is called a scatter file. */
const SNIFF_LIMIT = 1 << 20;

/** More than this many candidates are a collection of firmwares rather than one. */
const MOST_CANDIDATES = 40;

/** A scatter file that was read. */
export interface FoundScatter {
  path: string;
  scatter: ScatterFile;
}

/** The scatter files of a folder: those that were read, and those that could not be. */
export interface FoundScatters {
  read: FoundScatter[];
  refused: { path: string; error: UnbrickError }[];
}

/**
 * Every scatter file below the folder, by name or, when none is called so, by content.
 * @throws UnbrickError `FIRMWARE_NO_SCATTER` when there is none; `SCATTER_UNSUPPORTED` or `SCATTER_UNREADABLE` when there
 *   are some and none can be read
 */
export async function findScatters(folder: FolderSource, paths: readonly string[]): Promise<FoundScatters> {
  let candidates = paths.filter((path) => /scatter[^/]*\.(txt|xml)$/i.test(path) && !/checksum/i.test(path));
  if (candidates.length === 0) candidates = await sniff(folder, paths);
  const found: FoundScatters = { read: [], refused: [] };
  for (const path of candidates.slice(0, MOST_CANDIDATES)) {
    try {
      found.read.push({ path, scatter: await readScatter(folder, path) });
    } catch (error) {
      if (!(error instanceof UnbrickError)) throw error;
      found.refused.push({ path, error });
    }
  }
  if (found.read.length > 0) return found;
  throw found.refused.length > 0 ? noneReadable(found.refused) : noScatter(folder, paths);
}

/** @throws UnbrickError as {@link parseScatter}, or `FILE_MISSING` */
export async function readScatter(folder: FolderSource, path: string): Promise<ScatterFile> {
  const source = await folder.open(path);
  // One byte more than a scatter file may have shows the parser that a file is too large without reading all of it.
  return parseScatter(source.name, await source.read(0, Math.min(source.size, (4 << 20) + 1)));
}

/** Text files that hold what only scatter files hold: people rename them. */
async function sniff(folder: FolderSource, paths: readonly string[]): Promise<string[]> {
  const hits: string[] = [];
  for (const path of paths.filter((each) => /\.(txt|xml)$/i.test(each)).slice(0, MOST_CANDIDATES)) {
    const source = await folder.open(path);
    if (source.size > SNIFF_LIMIT) continue;
    const text = new TextDecoder().decode(await source.read(0, source.size));
    if (/MTK_PLATFORM_CFG|partition_index/i.test(text)) hits.push(path);
  }
  return hits;
}

/** The most telling refusal stands for all: a real scatter file in another form rather than a web page. */
function noneReadable(refused: FoundScatters['refused']): UnbrickError {
  const first = refused.find((each) => each.error.code === 'SCATTER_UNSUPPORTED') ?? refused[0];
  const { error, path } = first as FoundScatters['refused'][0];
  const others = refused.filter((each) => each.error !== error);
  return error.with({ evidence: [`found as ${path}`, ...others.map((each) => `${each.path}: ${each.error.message}`)] });
}

function noScatter(folder: FolderSource, paths: readonly string[]): UnbrickError {
  const evidence: string[] = [];
  const next: string[] = [];
  const containers = new Map<Container, string[]>();
  for (const path of paths) {
    const container = containerByName(path);
    if (container) containers.set(container, [...(containers.get(container) ?? []), path]);
  }
  for (const [container, hits] of containers) {
    evidence.push(`${some(hits)}: ${container.what}`);
    if (!next.includes(container.next)) next.push(container.next);
  }
  const images = paths.filter((path) => /\.(img|bin)$/i.test(path));
  if (images.length > 0)
    evidence.push(`${images.length} image files (${some(images)}), but nothing that says where they belong`);
  if (paths.length === 0) evidence.push('the folder is empty');
  else if (evidence.length === 0) evidence.push(`${paths.length} files: ${some(paths)}`);
  return new UnbrickError({
    code: 'FIRMWARE_NO_SCATTER',
    stage: 'firmware',
    message: `There is no scatter file in ${folder.name}: this is not, or not yet, a firmware that can be flashed.`,
    evidence,
    next: [...next, 'Name the folder that has a file like MTxxxx_Android_scatter.txt in it.'],
  });
}

function some(paths: readonly string[]): string {
  const shown = paths.slice(0, 4).join(', ');
  return paths.length > 4 ? `${shown} and ${paths.length - 4} more` : shown;
}
