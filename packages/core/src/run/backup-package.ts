import { UnbrickError } from '../errors/unbrick-error.js';
import type { FirmwarePackage } from '../firmware/package.js';
import { readWhole } from '../firmware/source.js';
import type { Finding } from '../preflight/finding.js';
import { type BackupManifest, MANIFEST_FILE, parseManifest } from './backup-manifest.js';
import { type PhoneMark, samePhone } from './same-phone.js';

/** Far above what a phone with 128 partitions needs, bytes. */
const MANIFEST_LIMIT = 1 << 20;

/** The manifest of a firmware folder that is a full backup made by this program; undefined for other firmware. */
export async function manifestOfPackage(firmware: FirmwarePackage): Promise<BackupManifest | undefined> {
  const home = firmware.scatterPath.slice(0, firmware.scatterPath.lastIndexOf('/') + 1);
  const path = firmware.files.get(`${home}${MANIFEST_FILE}`.toLowerCase());
  if (path === undefined) return undefined;
  try {
    const text = new TextDecoder().decode(await readWhole(await firmware.folder.open(path), MANIFEST_LIMIT));
    return parseManifest(text, firmware.name);
  } catch (cause) {
    // Somebody else's manifest.json.
    if (cause instanceof UnbrickError || cause instanceof RangeError) return undefined;
    throw cause;
  }
}

/** A backup carries the identity of its phone: flashed to another one, two phones would have the same IMEI. */
export function checkBackupOwner(manifest: BackupManifest, phone: PhoneMark): Finding {
  const same = samePhone(manifest, phone);
  if (same === 'same') {
    return {
      severity: 'ok',
      code: 'OWN_BACKUP',
      message: 'The firmware is a backup of this very phone; its calibration data are put back, too.',
      evidence: [],
      next: [],
    };
  }
  return {
    severity: 'blocker',
    code: 'BACKUP_OF_OTHER_PHONE',
    message:
      same === 'other'
        ? 'This folder is a backup of another phone, with that phone’s identity in it.'
        : 'This folder is a backup with a phone’s identity in it, and it cannot be told whether it is this phone.',
    evidence: [
      `the backup: chip ${manifest.chip}, memory id ${manifest.storageId}`,
      `this phone: memory id ${phone.storageId}`,
    ],
    next: [
      ...(same === 'unclear' ? ['Connect the phone in BROM mode (volume keys held): there it tells its number.'] : []),
      'Use a firmware of the maker, made for exactly this model.',
    ],
  };
}
