import { type FileLookup, filesLike, folderOf, nameOf } from './file-lookup.js';
import type { FirmwareProblem } from './firmware-problem.js';
import { findPieces } from './image-pieces.js';
import type { ScatterFile, ScatterPartition } from './scatter/scatter.js';

/** Finds the images of a scatter file's partitions among the files of its package. */
export class ImageLookup {
  readonly #lookup: FileLookup;
  readonly #home: string;

  /** @param home folder of the scatter file */
  constructor(lookup: FileLookup, home: string) {
    this.#lookup = lookup;
    this.#home = home;
  }

  /** Paths of the partition's image: one, the pieces of a large one in order, or none. */
  filesFor(partition: ScatterPartition): string[] {
    const { fileName, fileAlternatives } = partition;
    if (fileAlternatives) {
      const hits = filesLike(this.#lookup, this.#home, fileAlternatives);
      return hits.length === 1 ? hits : [];
    }
    if (fileName === undefined) return [];
    const whole = this.#lookup.resolve(this.#home, fileName);
    if (whole !== undefined) return [whole];
    const pieces = findPieces(this.#lookup.paths, this.#home, fileName);
    // An image with a hole in it is no image.
    return pieces && pieces.missing.length === 0 ? pieces.paths : [];
  }

  /** Tells pieces that are used, and those of which some are missing. */
  tellPieces(scatter: ScatterFile, problems: FirmwareProblem[]): void {
    const names = new Set<string>();
    for (const { fileName, fileAlternatives } of scatter.layouts.flatMap((layout) => layout.partitions)) {
      if (fileName === undefined || fileAlternatives || names.has(fileName)) continue;
      names.add(fileName);
      if (this.#lookup.resolve(this.#home, fileName) !== undefined) continue;
      const pieces = findPieces(this.#lookup.paths, this.#home, fileName);
      if (!pieces) continue;
      const first = nameOf(pieces.paths[0] as string);
      if (pieces.missing.length === 0) {
        const message = `${fileName} comes in ${pieces.paths.length} pieces (${first} …), which are written as one.`;
        problems.push({ severity: 'warning', code: 'FIRMWARE_PIECES', message });
      } else {
        const message = `${fileName} comes in pieces (${first} …), and number ${pieces.missing.join(', ')} is missing.`;
        problems.push({ severity: 'warning', code: 'FIRMWARE_PIECES_MISSING', message });
      }
    }
  }

  /**
   * The oldest scatter files tick nothing: what is there is flashed. Which files those are was found by custom, so everything
   * that is not clear is told.
   */
  untickWithoutFile(scatter: ScatterFile, problems: FirmwareProblem[]): void {
    const absent: string[] = [];
    for (const partition of scatter.layouts.flatMap((layout) => layout.partitions)) {
      if (!partition.fileAlternatives || !partition.isDownload) continue;
      const hits = filesLike(this.#lookup, this.#home, partition.fileAlternatives);
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

  /** Images that lie there a second time, signed for phones with secure boot: plain path → signed path. */
  signedTwins(scatter: ScatterFile): Map<string, string> {
    const twins = new Map<string, string>();
    for (const partition of scatter.layouts.flatMap((layout) => layout.partitions)) {
      const path = this.filesFor(partition)[0];
      if (path === undefined || /[-_](verified|sign(ed)?)\.[^.]*$/i.test(path)) continue;
      const [, stem = path, ending = ''] = /^(.*?)(\.[^./]*)?$/.exec(nameOf(path)) ?? [];
      for (const mark of ['-verified', '-sign', '_sign', '-signed']) {
        const folder = folderOf(path);
        const twin = this.#lookup.find(`${folder === '' ? '' : `${folder}/`}${stem}${mark}${ending}`);
        if (twin === undefined) continue;
        twins.set(path, twin);
        break;
      }
    }
    return twins;
  }
}
