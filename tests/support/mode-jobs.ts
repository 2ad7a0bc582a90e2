import { type FirmwarePackage, flash, MemoryFolder, openFirmware } from '@unbrick/core';
import { type Profile, practiceFirmware } from '@unbrick/phone';
import { MemoryBackupShelf } from './memory-shelf.js';
import type { SmallPhone } from './small-phone.js';

/** What stops a format; throws when anything was written. */
export async function blockersOf(
  small: SmallPhone,
  firmware: FirmwarePackage,
  force: string[] = [],
): Promise<string[]> {
  const codes: string[] = [];
  const { outcome } = await flash({
    firmware,
    source: small.phone.portSource(),
    mode: 'format-all',
    force,
    backups: new MemoryBackupShelf(),
    emit: (event) => {
      if (event.type === 'finding' && event.severity === 'blocker') codes.push(event.code);
    },
  });
  await small.phone.close();
  if (outcome !== 'blocked' || small.log.some((entry) => entry.writes))
    throw new Error(`it was not stopped: ${outcome}`);
  return codes;
}

/** What the table has to say, with the names that lie in it. */
export function placesOf({ partitions }: Profile): string[] {
  return partitions
    .filter(({ name, operation }) => operation !== 'BOOTLOADERS' && !/^(pgpt|sgpt|bmtpool)$/i.test(name))
    .map(({ name, start, size }) => `${name} ${start} +${size}`);
}

export async function practice(profile: Profile) {
  return openFirmware(new MemoryFolder('firmware', Object.fromEntries(await practiceFirmware(profile))));
}
