import { compareFirmware, inspectFirmware, MemoryFolder, openFirmware } from '@unbrick/core';
import { describe, expect, it } from 'vitest';
import { comparisonLines } from './comparison-lines.js';
import { inspectionLines } from './inspection-lines.js';

const partition = (index: number, name: string, start: string, size: string, ticked = true) =>
  `- partition_index: SYS${index}\n  partition_name: ${name}\n  file_name: ${ticked ? `${name}.img` : 'NONE'}\n  is_download: ${ticked}\n` +
  `  type: NORMAL_ROM\n  linear_start_addr: ${start}\n  physical_start_addr: ${start}\n  partition_size: ${size}\n` +
  '  region: EMMC_USER\n  storage: HW_STORAGE_EMMC\n  boundary_check: true\n  is_reserved: false\n  operation_type: UPDATE\n';

const scatter = (bootSize: string) =>
  `- general: MTK_PLATFORM_CFG\n  info:\n    - config_version: V1.1.2\n      platform: MT6735\n      project: demo\n      storage: EMMC\n      block_size: 0x20000\n${partition(0, 'boot', '0x80000', bootSize)}${partition(1, 'nvram', '0x4000000', '0x500000', false)}${partition(2, 'logo', '0x5000000', '0x800000')}`;

async function side(name: string, bootSize: string, boot: string) {
  const files = { 'MT6735_Android_scatter.txt': scatter(bootSize), 'boot.img': boot, 'notes.txt': 'x' };
  const firmware = await openFirmware(new MemoryFolder(name, files));
  return { firmware, inspection: await inspectFirmware(firmware) };
}

describe('what inspect shows', () => {
  it('a firmware: for which phone, what lies where, what to know', async () => {
    const { inspection } = await side('rom', '0x1000000', 'ANDROID!');
    const text = inspectionLines(inspection, false).join('\n');
    expect(text).toContain('rom: a firmware for phones with the chip MT6735');
    expect(text).toMatch(/project +demo/);
    expect(text).toMatch(/☑ boot +user 0x80000 +16\.0 MiB +8 B +boot\.img: Android boot image/);
    expect(text).toMatch(/☑ logo .*logo\.img \(missing\)/);
    expect(text).not.toContain('nvram');
    expect(text).toContain('and 1 more without an image');
    expect(text).toMatch(
      /✗ The image for logo is missing.*\(MT6735_Android_scatter\.txt, line \d+\) \[IMAGE_MISSING\]/,
    );
    expect(inspectionLines(inspection, true).join('\n')).toMatch(/☐ nvram .*update/);
  });

  it('a comparison: what is the same is counted, what is not is listed', async () => {
    const [one, two] = [await side('a', '0x1000000', 'ANDROID!'), await side('b', '0x2000000', 'ANDROID!x')];
    const lines = comparisonLines(await compareFirmware(one, two));
    expect(lines.find((line) => line.includes('boot'))).toMatch(
      /boot +grew +.*16\.0 MiB → .*32\.0 MiB +image differs \(8 B → 9 B\)/,
    );
    expect(lines).toContain('2 partitions with the same place and image');
    const same = comparisonLines(await compareFirmware(one, await side('c', '0x1000000', 'ANDROID!')));
    expect(same.at(-1)).toContain('The two are the same');
  });
});
