import type { Profile } from '../profiles/profile.js';
import { regionOf } from '../profiles/profiles.js';
import { storageLayout } from '../profiles/storage-layout.js';
import type { PhoneStorage } from '../storage/phone-storage.js';
import { bootArea } from './boot-area.js';
import { factoryContent } from './factory-content.js';
import { gptPieces } from './gpt.js';
import { nandBirth } from './nand-birth.js';
import { pmtPieces } from './pmt.js';
import { Noise } from './random.js';

/**
 * Gives an empty flash memory what the factory gave it: boot areas with a preloader, a partition table, calibration data
 * that differ from phone to phone, and the beginnings of images. `seed` stands for the one phone: equal seeds, equal bytes.
 * @throws StorageFault, RangeError from the storage
 */
export async function birth(storage: PhoneStorage, profile: Profile, seed = profile.name): Promise<void> {
  if (profile.storage.kind === 'nand') return nandBirth(storage, profile, seed);
  for (const partition of profile.partitions) {
    if (partition.operation === 'BOOTLOADERS') continue;
    const region = regionOf(partition);
    for (const { offset, bytes } of factoryContent(partition, new Noise(`${seed}/${partition.name}`))) {
      await storage.write(region, partition.start + offset, bytes);
    }
  }
  const tables = profile.storage.table === 'gpt' ? gptPieces(profile, new Noise(`${seed}/table`)) : pmtPieces(profile);
  for (const { region, offset, bytes } of tables) await storage.write(region, offset, bytes);
  const boot = bootArea(profile, new Noise(`${seed}/boot`));
  for (const region of storageLayout(profile.storage.kind).boot) {
    if (storage.regions.has(region)) await storage.write(region, 0, boot);
  }
}
