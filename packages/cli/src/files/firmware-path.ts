import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import {
  containerByContent,
  containerByName,
  containerRefused,
  type FirmwarePackage,
  type FolderSource,
  isZip,
  openFirmware,
  openZipFolder,
  UnbrickError,
} from '@unbrick/core';
import { openDiskFile } from './disk-file.js';
import { DiskFolder } from './disk-folder.js';

/** What a path leads to when a firmware is expected there. */
export interface FirmwareFolder {
  folder: FolderSource;
  /** The scatter file, when the path names one. */
  scatterPath?: string;
}

/** Enough to tell every kind of archive. */
const HEAD_BYTES = 512;

/**
 * Opens what the user names: a firmware folder, a zip archive, or the scatter file in a folder.
 * @param scatter the scatter file to use, inside the folder or archive
 * @throws UnbrickError `FILE_MISSING`, `FIRMWARE_IN_CONTAINER` for archives of other kinds, and as `openFirmware`
 */
export async function openFirmwarePath(path: string, scatter?: string): Promise<FirmwarePackage> {
  const { folder, scatterPath } = await openFirmwareFolder(path);
  return openFirmware(folder, { scatterPath: scatter ?? scatterPath });
}

/** @throws UnbrickError `FILE_MISSING`, `FIRMWARE_IN_CONTAINER`, and as `openZipFolder` */
export async function openFirmwareFolder(path: string): Promise<FirmwareFolder> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (cause) {
    throw new UnbrickError({
      code: 'FILE_MISSING',
      stage: 'usage',
      message: `There is no file or folder '${path}'.`,
      evidence: [cause instanceof Error ? cause.message : String(cause)],
      next: [
        'Name the folder that holds the scatter file (MTxxxx_Android_scatter.txt), that file itself, or the zip archive.',
      ],
      cause,
    });
  }
  if (isFolder) return { folder: new DiskFolder(path) };
  const file = await openDiskFile(path);
  const head = await file.read(0, HEAD_BYTES);
  if (isZip(head)) return { folder: await openZipFolder(file) };
  file.close();
  const container = containerByContent(head) ?? containerByName(basename(path));
  if (container) throw containerRefused(basename(path), container);
  // The entry file of a package lies one folder below what it describes.
  if (/^flash\.xml$/i.test(basename(path))) return { folder: new DiskFolder(dirname(dirname(path))) };
  return { folder: new DiskFolder(dirname(path)), scatterPath: basename(path) };
}
