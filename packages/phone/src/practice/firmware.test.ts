import { ascii, decode, u32 } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { judgeMemoryTable } from '../agent/xflash/external-ram.js';
import { findProfile, listProfiles } from '../profiles/profiles.js';
import { indexOfBytes } from '../testing/bytes.fixture.js';
import { practiceFirmware, practicePreloader } from './firmware.js';
import { scatterText } from './scatter.js';

describe('practice firmware', () => {
  it.each(listProfiles())('of %s has a file for each partition that is written', async (name) => {
    const profile = findProfile(name);
    const files = await practiceFirmware(profile);
    for (const { fileName, size } of profile.partitions) {
      if (fileName === undefined) continue;
      const image = files.get(fileName);
      expect(image?.length, fileName).toBeGreaterThan(0);
      expect(image?.length, fileName).toBeLessThanOrEqual(size);
    }
  });

  it.each(['mt6771-ufs', 'mt6785-ufs'])('has memory settings that fit %s', (name) => {
    const profile = findProfile(name);
    const preloader = practicePreloader(profile);
    const table = preloader.subarray(indexOfBytes(preloader, ascii('MTK_BLOADER_INFO_v')));
    expect(judgeMemoryTable(table, profile, false)).toEqual({ status: 0 });
    expect(decode(u32, 'little', table, 0x74)).toBe(0x306);
  });
});

describe('the scatter file of a UFS phone', () => {
  const text = scatterText(findProfile('mt6785-ufs'));
  const [, emmc = '', ufs = ''] = text.split(/^- storage_type: /m);
  const partition = (section: string, name: string) => {
    const block = section.split('- partition_index').find((each) => each.includes(`partition_name: ${name}\n`)) ?? '';
    return Object.fromEntries([...block.matchAll(/^ {4}(\w+): (.*)$/gm)].map(([, key, value]) => [key, value]));
  };

  it('describes both kinds of storage such boards are built with', () => {
    expect(text).toContain('    - config_version: V2.1.0\n      platform: MT6785\n');
    expect(emmc.startsWith('EMMC\n')).toBe(true);
    expect(ufs.startsWith('UFS\n')).toBe(true);
    expect(ufs).toContain('boot_channel: UFSHCI_0\n        block_size: 0x80000\n');
    expect(partition(emmc, 'recovery')).toMatchObject({ region: 'EMMC_USER', storage: 'HW_STORAGE_EMMC' });
  });

  it('places each partition in its logical unit', () => {
    expect(partition(ufs, 'preloader')).toMatchObject({
      file_name: 'preloader_k85v1_64.bin',
      type: 'SV5_BL_BIN',
      region: 'UFS_LU0_LU1',
      storage: 'HW_STORAGE_UFS',
      operation_type: 'BOOTLOADERS',
    });
    expect(partition(ufs, 'recovery')).toMatchObject({
      physical_start_addr: '0x8000',
      partition_size: '0x6000000',
      region: 'UFS_LU2',
    });
  });

  it('counts reserved partitions back from the end', () => {
    expect(partition(ufs, 'flashinfo')).toMatchObject({ physical_start_addr: '0xFFFF0020', is_reserved: 'true' });
    expect(partition(emmc, 'flashinfo')).toMatchObject({ physical_start_addr: '0xFFFF0080' });
    expect(partition(ufs, 'sgpt')).toMatchObject({ physical_start_addr: '0xFFFF0000', partition_size: '0x8000' });
  });
});
