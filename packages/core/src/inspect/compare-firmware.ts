import type { FirmwarePackage } from '../firmware/package.js';
import type { ByteSource } from '../firmware/source.js';
import type { InspectedFirmware, InspectedPartition } from './inspection.js';

/** How a partition differs; seen from the first firmware: `grew` = larger in the second. */
export type PlaceVerdict = 'same' | 'moved' | 'grew' | 'shrank' | 'only-in-first' | 'only-in-second';
export type ImageVerdict = 'same' | 'differs' | 'only-in-first' | 'only-in-second' | 'neither' | 'unreadable';

export interface ComparedPartition {
  name: string;
  place: PlaceVerdict;
  image: ImageVerdict;
  first?: InspectedPartition;
  second?: InspectedPartition;
}

export interface FirmwareComparison {
  type: 'comparison';
  first: string;
  second: string;
  /** What is said of the whole and differs: platform, project, format. */
  differences: { what: string; first: string; second: string }[];
  /** Storages that both firmwares are for. */
  layouts: { storage: string; partitions: ComparedPartition[] }[];
  /** Memory chips that only one of the preloaders knows. */
  memoryOnlyInFirst: string[];
  memoryOnlyInSecond: string[];
  /** Nothing differs. */
  same: boolean;
}

/** One side: a firmware and what was seen of it. */
export interface ComparedSide {
  firmware: FirmwarePackage;
  inspection: InspectedFirmware;
}

/**
 * Compares two firmwares: for which phone, where the partitions lie, which images differ. Images of equal size are compared
 * byte by byte, by their checksums when both lie in archives.
 * @param onProgress told before each image is compared
 */
export async function compareFirmware(
  first: ComparedSide,
  second: ComparedSide,
  onProgress: (partition: string) => void = () => {},
): Promise<FirmwareComparison> {
  const [a, b] = [first.inspection, second.inspection];
  const differences = [
    { what: 'platform', first: a.platform, second: b.platform },
    { what: 'project', first: a.project, second: b.project },
    { what: 'storage', first: storages(a), second: storages(b) },
    { what: 'scatter format', first: a.format, second: b.format },
    { what: 'memory settings', first: emi(a), second: emi(b) },
  ].filter((each) => each.first !== each.second);
  const layouts: FirmwareComparison['layouts'] = [];
  const compared = new Map<string, ImageVerdict>();
  for (const layout of a.layouts) {
    const other = b.layouts.find((each) => each.storage === layout.storage);
    if (!other) continue;
    const partitions: ComparedPartition[] = [];
    for (const [one, two] of pairs(layout.partitions, other.partitions)) {
      const name = (one ?? two)?.name as string;
      partitions.push({
        name,
        place: placeVerdict(one, two),
        image: await imageVerdict(first, second, one, two, compared, () => onProgress(name)),
        ...(one ? { first: one } : {}),
        ...(two ? { second: two } : {}),
      });
    }
    layouts.push({ storage: layout.storage, partitions });
  }
  const [inFirst, inSecond] = [a.preloader?.memory ?? [], b.preloader?.memory ?? []];
  const memoryOnlyInFirst = inFirst.filter((chip) => !inSecond.includes(chip));
  const memoryOnlyInSecond = inSecond.filter((chip) => !inFirst.includes(chip));
  const equal = ({ place, image }: ComparedPartition) => place === 'same' && (image === 'same' || image === 'neither');
  return {
    type: 'comparison',
    first: a.name,
    second: b.name,
    differences,
    layouts,
    memoryOnlyInFirst,
    memoryOnlyInSecond,
    same:
      differences.length === 0 &&
      memoryOnlyInFirst.length + memoryOnlyInSecond.length === 0 &&
      layouts.every((layout) => layout.partitions.every(equal)),
  };
}

const storages = (firmware: InspectedFirmware) =>
  firmware.layouts.map((each) => each.storage.toUpperCase()).join(' and ');
const emi = ({ preloader }: InspectedFirmware) =>
  preloader?.emiVersion === undefined ? 'none' : `version ${preloader.emiVersion}`;

/** Partitions of one name, in the first's order, then what only the second has. */
function pairs(
  first: readonly InspectedPartition[],
  second: readonly InspectedPartition[],
): [InspectedPartition | undefined, InspectedPartition | undefined][] {
  const key = (partition: InspectedPartition) => partition.name.toLowerCase();
  const others = new Map(second.map((partition) => [key(partition), partition]));
  const names = new Set(first.map(key));
  return [
    ...first.map((one): [InspectedPartition, InspectedPartition | undefined] => [one, others.get(key(one))]),
    ...second.filter((two) => !names.has(key(two))).map((two): [undefined, InspectedPartition] => [undefined, two]),
  ];
}

function placeVerdict(one: InspectedPartition | undefined, two: InspectedPartition | undefined): PlaceVerdict {
  if (!one) return 'only-in-second';
  if (!two) return 'only-in-first';
  const moved = one.region !== two.region || one.start !== two.start || one.blocksBeforeEnd !== two.blocksBeforeEnd;
  if (moved) return 'moved';
  if (one.size === two.size) return 'same';
  // 0 is the rest of the storage, the largest there is.
  const [before, after] = [one.size || Number.POSITIVE_INFINITY, two.size || Number.POSITIVE_INFINITY];
  return after > before ? 'grew' : 'shrank';
}

async function imageVerdict(
  first: ComparedSide,
  second: ComparedSide,
  one: InspectedPartition | undefined,
  two: InspectedPartition | undefined,
  compared: Map<string, ImageVerdict>,
  onStart: () => void,
): Promise<ImageVerdict> {
  const [mine, theirs] = [one?.files ?? [], two?.files ?? []];
  if (mine.length === 0 || theirs.length === 0) {
    if (mine.length > 0) return 'only-in-first';
    return theirs.length > 0 ? 'only-in-second' : 'neither';
  }
  if (one?.fileSize === undefined || two?.fileSize === undefined) return 'unreadable';
  if (one.fileSize !== two.fileSize || mine.length !== theirs.length) return 'differs';
  const key = [...mine, '|', ...theirs].join('\n');
  const known = compared.get(key);
  if (known) return known;
  onStart();
  let verdict: ImageVerdict = 'same';
  for (let i = 0; i < mine.length && verdict === 'same'; i++) {
    const [a, b] = await Promise.all([
      first.firmware.folder.open(mine[i] as string),
      second.firmware.folder.open(theirs[i] as string),
    ]);
    if (!(await sameContent(a, b))) verdict = 'differs';
  }
  compared.set(key, verdict);
  return verdict;
}

const BLOCK_BYTES = 1 << 20;

async function sameContent(a: ByteSource, b: ByteSource): Promise<boolean> {
  if (a.size !== b.size) return false;
  if (a.crc32 !== undefined && b.crc32 !== undefined) return a.crc32 === b.crc32;
  for (let offset = 0; offset < a.size; offset += BLOCK_BYTES) {
    const [one, two] = await Promise.all([a.read(offset, BLOCK_BYTES), b.read(offset, BLOCK_BYTES)]);
    if (one.length !== two.length || !equalBytes(one, two)) return false;
  }
  return true;
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
