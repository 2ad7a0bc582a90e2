import { UnbrickError } from '../errors/unbrick-error.js';
import { type Image, openImage } from './image.js';
import { joinPieces } from './image-pieces.js';
import type { FirmwarePackage } from './package.js';
import { type Preloader, parsePreloader } from './preloader.js';
import { isPreloader } from './scatter/is-preloader.js';
import type { ScatterLayout, ScatterPartition } from './scatter/scatter.js';
import { readWhole } from './source.js';

/** Largest preloader file that is read into memory; real ones have at most 1 MiB, boot area dumps 4 MiB. */
const PRELOADER_LIMIT = 16 << 20;

/** What is known about the file meant for one partition. */
export interface ImageFact {
  partition: ScatterPartition;
  /** Path inside the package; absent when no file is there. Of an image in pieces the first. */
  path?: string;
  image?: Image;
  /** Why the file cannot be used. */
  error?: UnbrickError;
}

/** Everything that can be said about a firmware without a phone; preflight and plan work on this. */
export interface FirmwareFacts {
  package: FirmwarePackage;
  layout: ScatterLayout;
  /** The partitions to write, in scatter order. */
  selected: ImageFact[];
  /** The package's preloader, needed for its memory table even when it is not written. */
  preloader?: Preloader;
  preloaderError?: UnbrickError;
}

/** From this size on, going through a compressed file takes a person's patience, bytes. */
const SLOW_BYTES = 256 << 20;

/**
 * Opens every selected image (headers only) and the preloader. Damaged files become facts, not exceptions.
 * @param onSlow told before a large file inside an archive is opened: a sparse image there has to be read to its end
 */
export async function gatherFirmwareFacts(
  firmware: FirmwarePackage,
  layout: ScatterLayout,
  selected: readonly ScatterPartition[],
  onSlow: (path: string) => void = () => {},
): Promise<FirmwareFacts> {
  const facts: FirmwareFacts = { package: firmware, layout, selected: [] };
  // The layout's own preloader first: the eMMC and UFS layouts of one package may name different ones.
  const preloaderPath = pathOf(firmware, layout.partitions.find(isPreloader)) ?? firmware.preloaderPath;
  if (preloaderPath !== undefined) {
    try {
      const source = await firmware.folder.open(preloaderPath);
      facts.preloader = parsePreloader(source.name, await readWhole(source, PRELOADER_LIMIT));
    } catch (cause) {
      facts.preloaderError = asUnbrickError(cause, preloaderPath);
    }
  }
  for (const partition of selected) facts.selected.push(await factOf(firmware, partition, onSlow));
  return facts;
}

async function factOf(
  firmware: FirmwarePackage,
  partition: ScatterPartition,
  onSlow: (path: string) => void,
): Promise<ImageFact> {
  const paths = firmware.filesFor(partition);
  const path = paths[0];
  if (path === undefined) return { partition };
  try {
    const images: Image[] = [];
    for (const each of paths) {
      const source = await firmware.folder.open(each);
      if (source.sequential && source.size >= SLOW_BYTES) onSlow(each);
      images.push(await openImage(source));
    }
    const whole = images.length > 1 ? joinPieces(partition.fileName ?? path, images) : (images[0] as Image);
    return { partition, path, image: whole };
  } catch (cause) {
    return { partition, path, error: asUnbrickError(cause, path) };
  }
}

function pathOf(firmware: FirmwarePackage, partition: ScatterPartition | undefined): string | undefined {
  return partition && firmware.fileFor(partition);
}

function asUnbrickError(cause: unknown, path: string): UnbrickError {
  if (cause instanceof UnbrickError) return cause;
  return new UnbrickError({
    code: 'FILE_UNREADABLE',
    stage: 'firmware',
    message: `${path} cannot be read.`,
    evidence: [cause instanceof Error ? cause.message : String(cause)],
    next: ['Download or unpack the firmware again and compare its checksum.'],
    cause,
  });
}
