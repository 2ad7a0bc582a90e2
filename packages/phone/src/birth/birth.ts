import { ascii, concat } from '@unbrick/core/wire';
import type { Profile, ProfilePartition } from '../profiles/profile.js';
import { regionOf } from '../profiles/profiles.js';
import { storageLayout } from '../profiles/storage-layout.js';
import type { PhoneStorage } from '../storage/phone-storage.js';
import { bootArea } from './boot-area.js';
import { gptPieces } from './gpt.js';
import { pmtPieces } from './pmt.js';
import { Noise } from './random.js';

/** Calibration content: this much at the start of the partition and a little at its very end. */
const CALIBRATION_HEAD = 256 * 1024;
const CALIBRATION_TAIL = 4096;
const IMAGE_BYTES = 16 * 1024;

/**
 * Gives an empty flash memory what the factory gave it: boot areas with a preloader, a partition table, calibration data
 * that differ from phone to phone, and the beginnings of images. `seed` stands for the one phone: equal seeds, equal bytes.
 * @throws StorageFault, RangeError from the storage
 */
export async function birth(storage: PhoneStorage, profile: Profile, seed = profile.name): Promise<void> {
  for (const partition of profile.partitions) {
    if (partition.operation === 'BOOTLOADERS') continue;
    await fillPartition(storage, partition, new Noise(`${seed}/${partition.name}`));
  }
  const tables = profile.storage.table === 'gpt' ? gptPieces(profile, new Noise(`${seed}/table`)) : pmtPieces(profile);
  for (const { region, offset, bytes } of tables) await storage.write(region, offset, bytes);
  const boot = bootArea(profile, new Noise(`${seed}/boot`));
  for (const region of storageLayout(profile.storage.kind).boot) {
    if (storage.regions.has(region)) await storage.write(region, 0, boot);
  }
}

async function fillPartition(storage: PhoneStorage, partition: ProfilePartition, noise: Noise): Promise<void> {
  const { start, size, content } = partition;
  const region = regionOf(partition);
  if (content === 'random') {
    await storage.write(region, start, noise.bytes(Math.min(size, CALIBRATION_HEAD)));
    if (size >= CALIBRATION_HEAD + CALIBRATION_TAIL) {
      await storage.write(region, start + size - CALIBRATION_TAIL, noise.bytes(CALIBRATION_TAIL));
    }
  } else if (content === 'image') {
    const label = ascii(/boot|recovery/i.test(partition.name) ? 'ANDROID!' : `factory ${partition.name}\0`);
    const image = concat(label, noise.bytes(IMAGE_BYTES)).subarray(0, Math.min(size, IMAGE_BYTES));
    await storage.write(region, start, image);
  }
}
