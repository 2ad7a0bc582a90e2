import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProfile } from '@unbrick/phone';
import { writePracticeFirmware } from '@unbrick/phone/node';

/** Emulated processors are slow: calibration data of this size is enough to be backed up. */
const CALIBRATION = 64 * 1024;

export interface SmallPhone {
  /** Path of the profile file. */
  profile: string;
  /** Folder of a firmware for it. */
  firmware: string;
  remove(): void;
}

/** A phone like one of the virtual phones, with small calibration partitions, and a firmware that fits it. */
export async function smallPhone(like: string): Promise<SmallPhone> {
  const folder = mkdtempSync(join(tmpdir(), 'unbrick-rig-phone-'));
  const original = findProfile(like);
  const profile = {
    ...original,
    partitions: original.partitions.map((partition) => ({
      ...partition,
      size: partition.content === 'random' ? Math.min(partition.size, CALIBRATION) : partition.size,
    })),
  };
  writeFileSync(join(folder, 'profile.json'), JSON.stringify(profile));
  const firmware = join(folder, 'firmware');
  await writePracticeFirmware(profile, firmware);
  return {
    profile: join(folder, 'profile.json'),
    firmware,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
