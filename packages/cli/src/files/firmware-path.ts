import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type FirmwarePackage, openFirmware, UnbrickError } from '@unbrick/core';
import { DiskFolder } from './disk-folder.js';

/** Opens what the user names: a firmware folder, or the scatter file in it. */
export async function openFirmwarePath(path: string): Promise<FirmwarePackage> {
  let isFile: boolean;
  try {
    isFile = (await stat(path)).isFile();
  } catch (cause) {
    throw new UnbrickError({
      code: 'FILE_MISSING',
      stage: 'usage',
      message: `There is no file or folder '${path}'.`,
      evidence: [cause instanceof Error ? cause.message : String(cause)],
      next: ['Name the folder that holds the scatter file (MTxxxx_Android_scatter.txt), or that file itself.'],
      cause,
    });
  }
  if (!isFile) return openFirmware(new DiskFolder(path), {});
  return openFirmware(new DiskFolder(dirname(path)), { scatterPath: basename(path) });
}
