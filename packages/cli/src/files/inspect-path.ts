import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  type ByteSource,
  type FirmwarePackage,
  type InspectedFirmware,
  type Inspection,
  inspectFile,
  inspectFirmware,
  isZip,
  openFirmware,
} from '@unbrick/core';
import { openDiskFile } from './disk-file.js';
import { openFirmwareFolder } from './firmware-path.js';

/** What a path leads to, and the firmware behind it when it is one. */
export interface InspectedPath {
  inspection: Inspection;
  firmware?: FirmwarePackage;
}

/** Files that stand for what lies around them. */
const FIRMWARE_FILE = /scatter[^/]*\.(txt|xml)$|^flash\.xml$/i;

/**
 * Looks at a folder, zip archive, scatter file, preloader, Download Agent file or image.
 * @param scatter the scatter file to use, inside the folder or archive
 * @throws UnbrickError what is wrong with it, or `FILE_MISSING`
 */
export async function inspectPath(path: string, scatter?: string): Promise<InspectedPath> {
  const file = await fileAt(path);
  if (file && !(await isFirmware(file))) {
    try {
      return { inspection: await inspectFile(file) };
    } finally {
      file.close();
    }
  }
  file?.close();
  const { folder, scatterPath } = await openFirmwareFolder(path);
  const firmware = await openFirmware(folder, { scatterPath: scatter ?? scatterPath });
  const inspection: InspectedFirmware = await inspectFirmware(firmware);
  return { inspection, firmware };
}

async function fileAt(path: string) {
  const info = await stat(path).catch(() => undefined);
  return info?.isFile() ? openDiskFile(path) : undefined;
}

/** By name, or by what only scatter files hold: people rename them. */
async function isFirmware(file: ByteSource): Promise<boolean> {
  const head = await file.read(0, 64 << 10);
  if (isZip(head) || FIRMWARE_FILE.test(basename(file.name))) return true;
  return /\.(txt|xml)$/i.test(file.name) || /MTK_PLATFORM_CFG/.test(new TextDecoder('latin1').decode(head));
}
