import { BadBlockMap } from '../nand/bad-block-map.js';
import { NandChip } from '../nand/nand-chip.js';
import { NandFlash } from '../nand/nand-flash.js';
import { writeNandPmt } from '../nand/nand-pmt.js';
import type { Profile } from '../profiles/profile.js';
import type { PhoneStorage } from '../storage/phone-storage.js';
import { nandBootArea } from './boot-area.js';
import { factoryContent } from './factory-content.js';
import { Noise } from './random.js';

/**
 * A NAND phone as it leaves the factory: bad blocks marked by the maker of the chip and replaced by the map, preloader,
 * partition table, contents. @throws StorageFault, RangeError from the storage
 */
export async function nandBirth(storage: PhoneStorage, profile: Profile, seed: string): Promise<void> {
  const { nand } = profile.storage;
  if (!nand) throw new RangeError(`${profile.name} has no NAND`);
  const chip = new NandChip(storage, profile, 'new');
  for (const block of nand.badBlocks) await chip.markBad(block);
  const flash = new NandFlash(chip, await BadBlockMap.create(chip, nand.poolBlocks));
  await put(flash, 0, nandBootArea(profile, new Noise(`${seed}/boot`)));
  for (const partition of profile.partitions) {
    if (partition.operation === 'BOOTLOADERS') continue;
    for (const { offset, bytes } of factoryContent(partition, new Noise(`${seed}/${partition.name}`))) {
      await put(flash, partition.start + offset, bytes);
    }
  }
  await writeNandPmt(
    flash,
    profile.partitions.map(({ name, start, size }) => ({ name, start, size, mask: 0 })),
  );
}

/** Into erased pages. The address is the start of a page; the last page is filled up with 0xFF. */
async function put(flash: NandFlash, address: number, bytes: Uint8Array): Promise<void> {
  const { pageSize } = flash.chip.geometry;
  const pages = new Uint8Array(Math.ceil(bytes.length / pageSize) * pageSize).fill(0xff);
  pages.set(bytes);
  await flash.program(address / pageSize, pages);
}
