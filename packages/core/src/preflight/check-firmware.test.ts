import { describe, expect, it } from 'vitest';
import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import { checkFirmware } from './check-firmware.js';

/** A firmware of one image; everything else about it is fine. */
function codes(storage: string, type: string): string[] {
  const partition = { name: 'ANDROID', fileName: 'system.img', type, storage, size: 0x1000000, line: 7 };
  const facts = {
    package: {
      scatter: { platform: 'MT6572', project: '', problems: [] },
      scatterPath: 's.txt',
      scatterWhy: '',
      problems: [],
    },
    layout: { storage, partitions: [partition] },
    selected: [{ partition, path: 'system.img', image: { expandedSize: 0x1000, kind: 'raw', fileSize: 0x1000 } }],
    preloader: { problems: [], shape: 'plain' },
  } as unknown as FirmwareFacts;
  return checkFirmware(facts)
    .filter(({ severity }) => severity !== 'ok')
    .map(({ severity, code }) => `${severity} ${code}`);
}

describe('images for raw NAND', () => {
  it.each([
    ['nand', 'YAFFS_IMG', ['blocker NAND_IMAGE_KIND']],
    ['nand', 'FTL20_IMG', ['blocker NAND_IMAGE_KIND']],
    ['nand', 'UBI_IMG', []],
    ['nand', 'NORMAL_ROM', []],
    // The built-in table of the oldest scatter files says so for every storage.
    ['emmc', 'YAFFS_IMG', []],
  ])('%s, %s', (storage, type, wanted) => {
    expect(codes(storage, type)).toEqual(wanted);
  });
});
