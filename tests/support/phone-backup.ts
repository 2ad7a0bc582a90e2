import { backUpPhone, type FirmwarePackage, MemoryFolder, MemorySource, openFirmware } from '@unbrick/core';
import { MemoryBackupShelf, type MemoryFolderBackup } from './memory-shelf.js';
import { practice } from './mode-jobs.js';
import type { SmallPhone } from './small-phone.js';

/** A backup of the phone as it is; `all`, or its calibration only. @param firmware brings the agent */
export async function backUp(
  { phone }: SmallPhone,
  all: boolean,
  firmware?: FirmwarePackage,
): Promise<{ folder: MemoryFolderBackup }> {
  const backups = new MemoryBackupShelf();
  const brought = firmware ?? (await practice(phone.profile));
  await backUpPhone({ source: phone.portSource(), emit: () => {}, firmware: brought, backups, all });
  const [folder] = backups.folders;
  if (!folder) throw new Error('no backup was made');
  return { folder };
}

/** A full backup is a firmware, too. */
export function firmwareOf(folder: MemoryFolderBackup) {
  return openFirmware(new MemoryFolder('backup', Object.fromEntries(folder.files)));
}

/** The Download Agent that lies beside it. */
export async function agentOf(folder: MemoryFolderBackup): Promise<MemorySource> {
  const name = [...folder.files.keys()].find((each) => /^(MTK_|DA)/.test(each));
  return new MemorySource(name ?? '', folder.files.get(name ?? '') ?? new Uint8Array(0));
}
