import { type FolderSource, MemoryFolder, openFirmware, planOffline, proveFiles, type Selection } from '@unbrick/core';
import type { Told } from './scenario.js';

export type Files = Record<string, Uint8Array | string>;

/** What is told of a firmware before a phone is seen: when it is opened, looked through and compared with its checksums. */
export async function lookedAt(files: Files | FolderSource, selection: Selection = {}): Promise<readonly Told[]> {
  const folder = 'open' in files ? (files as FolderSource) : new MemoryFolder('firmware', files as Files);
  const firmware = await openFirmware(folder);
  const { findings } = await planOffline(firmware, selection, { force: [], backup: false, reboot: false });
  return [...findings, ...(await proveFiles(firmware, selection, { emit: () => {} }))];
}
