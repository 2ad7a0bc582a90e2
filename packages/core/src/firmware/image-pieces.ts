import { UnbrickError } from '../errors/unbrick-error.js';
import { folderOf, nameOf } from './file-lookup.js';
import type { Image, Run } from './image.js';

/** Large images that come in numbered pieces, each a sparse image of its own. See docs/protocol/images.md, "Sparse images". */

/** The pieces of one image. */
export interface PieceSet {
  /** In the order of their numbers. */
  paths: string[];
  /** Numbers that are missing between the first and the last, or before the first when it is not 0 or 1. */
  missing: number[];
}

/**
 * The pieces that lie in `home` for an image called `fileName`: `super.img_sparsechunk.0`, `super.img.0`, `super.0.ab12.img`,
 * `super_0.img`. Undefined when there are none.
 */
export function findPieces(paths: Iterable<string>, home: string, fileName: string): PieceSet | undefined {
  const name = nameOf(fileName.replaceAll('\\', '/'));
  const dot = name.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  const patterns = [
    new RegExp(`^${quote(name)}_?sparsechunk\\.?(\\d{1,3})$`, 'i'),
    new RegExp(`^${quote(name)}\\.(\\d{1,3})$`, 'i'),
    new RegExp(`^${quote(stem)}[._](\\d{1,3})(\\.[0-9a-f]+)?${quote(ending)}$`, 'i'),
  ];
  const here = [...paths].filter((path) => folderOf(path).toLowerCase() === home.toLowerCase());
  for (const pattern of patterns) {
    const found = new Map<number, string>();
    for (const path of here) {
      const number = pattern.exec(nameOf(path))?.[1];
      if (number !== undefined) found.set(Number(number), path);
    }
    // One alone is a file of that name rather than a piece.
    if (found.size < 2) continue;
    const numbers = [...found.keys()].sort((a, b) => a - b);
    const [first, last] = [numbers[0] as number, numbers.at(-1) as number];
    const missing = Array.from({ length: last + 1 }, (_, i) => i).filter(
      (i) => i >= Math.min(first, 1) && !found.has(i),
    );
    return { paths: numbers.map((number) => found.get(number) as string), missing };
  }
  return undefined;
}

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/**
 * Pieces as the one image that they make: every piece brings the places of its own data, counted from the start of the
 * whole.
 * @throws UnbrickError `SPARSE_DAMAGED` when a piece is not sparse, or two describe the same place
 */
export function joinPieces(name: string, pieces: readonly Image[]): Image {
  const owners = new Map<Run, Image>();
  for (const piece of pieces) {
    if (piece.kind !== 'sparse') throw notPieces(name, [`${piece.name} is not a sparse image`]);
    for (const run of piece.runs) owners.set(run, piece);
  }
  const runs = [...owners.keys()].sort((a, b) => a.start - b.start);
  for (let i = 1; i < runs.length; i++) {
    const [before, run] = [runs[i - 1] as Run, runs[i] as Run];
    if (before.start + before.length <= run.start) continue;
    throw notPieces(name, [`${owners.get(before)?.name} and ${owners.get(run)?.name} both describe byte ${run.start}`]);
  }
  const first = pieces[0] as Image;
  return {
    kind: 'sparse',
    name,
    fileSize: pieces.reduce((sum, piece) => sum + piece.fileSize, 0),
    expandedSize: Math.max(...pieces.map((piece) => piece.expandedSize)),
    granularity: Math.min(...pieces.map((piece) => piece.granularity)),
    runs,
    dataBytes: pieces.reduce((sum, piece) => sum + piece.dataBytes, 0),
    content: first.content,
    ...(first.about ? { about: first.about } : {}),
    read: (run) => {
      const owner = owners.get(run);
      if (!owner) throw new RangeError(`${name}: only a run of this image can be read`);
      return owner.read(run);
    },
  };
}

function notPieces(name: string, evidence: string[]): UnbrickError {
  return new UnbrickError({
    code: 'SPARSE_DAMAGED',
    stage: 'firmware',
    message: `The pieces of ${name} do not make one image.`,
    evidence,
    next: ['Download or unpack the firmware again and compare its checksum.'],
  });
}
