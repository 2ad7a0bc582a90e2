import { ascii, DaEntry, DaHeader, decode, u32 } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { judgeMemoryTable } from '../agent/xflash/external-ram.js';
import { findProfile, listProfiles } from '../profiles/profiles.js';
import { indexOfBytes } from '../testing/bytes.fixture.js';
import { buildAgentFile } from './agent-file.js';
import { practiceFirmware, practicePreloader } from './firmware.js';
import { scatterFileName, scatterText } from './scatter.js';

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

describe('the scatter files of old phones', () => {
  it('have only names and addresses on MT6577, with chip and storage in the file name', () => {
    const profile = findProfile('mt6577-emmc');
    expect(scatterFileName(profile)).toBe('MT6577_Android_scatter_emmc.txt');
    const text = scatterText(profile);
    expect(text).toMatch(/^PRELOADER 0x0\n\{\n\}\nMBR 0x600000\n\{\n\}\nEBR1 0x604000\n/);
    expect(text).toContain('__NODL_NVRAM 0x960000\n{\n}\n');
    expect(text.endsWith('__NODL_BMTPOOL 0xFFFF0050\n{\n}\n')).toBe(true);
  });

  it('have another place in the linear map on phones with PMT', () => {
    const text = scatterText(findProfile('mt6589-emmc'));
    expect(text).toContain('config_version: V1.1.1\n');
    expect(text).toMatch(
      /partition_name: MBR\n(.*\n){3} {2}linear_start_addr: 0xc00000\n {2}physical_start_addr: 0x0\n/,
    );
    expect(text).toMatch(/partition_name: BMTPOOL\n(.*\n){3} {2}linear_start_addr: 0xFFFF0050\n/);
  });

  it('name no region on NAND, and count in erase blocks', () => {
    const text = scatterText(findProfile('mt6572-nand'));
    expect(text).toContain('storage: NAND\n      boot_channel: NONE\n      block_size: 0x20000\n');
    expect(text).toMatch(
      /partition_name: ANDROID\n(.*\n){2} {2}type: UBI_IMG\n(.*\n){3} {2}region: NONE\n {2}storage: HW_STORAGE_NAND\n/,
    );
    expect(text).toMatch(
      /partition_name: BMTPOOL\n(.*\n){3} {2}linear_start_addr: 0xFFFF0050\n(.*\n) {2}partition_size: 0xa00000\n/,
    );
  });
});

describe('the agent file', () => {
  const entryOf = async (name: string) => DaEntry.parse(await buildAgentFile(findProfile(name)), DaHeader.size);

  it('of one-stage chips has a table of NAND chips in place of stage 2', async () => {
    const entry = await entryOf('mt6577-emmc');
    expect(entry).toMatchObject({ hwCode: 0x6577, swVersion: 0xe100, entryRegionIndex: 1 });
    expect(entry.regions[2]).toMatchObject({ startAddress: 0xc2038000, length: 109 * 0x38, signatureLength: 0 });
  });

  it('of MT6589 has a small unsigned second stage', async () => {
    expect((await entryOf('mt6589-emmc')).regions[2]).toMatchObject({ length: 0x38c0, signatureLength: 0 });
    expect((await entryOf('mt6753-emmc')).regions[2]).toMatchObject({ signatureLength: 0x100 });
  });
});

describe('the scatter file of a phone with XML agents', () => {
  it('is XML with the storage that the phone has', async () => {
    const files = await practiceFirmware(findProfile('mt6895-ufs'));
    const text = new TextDecoder().decode(files.get('MT6895_Android_scatter.xml'));
    expect(text).toContain('<config_version name="V2.2.0">');
    expect(text).toContain('<platform>MT6895</platform>');
    expect(text.match(/<storage_type name="\w+">/g)).toEqual(['<storage_type name="UFS">']);
    expect(text).toContain('<partition_name>preloader</partition_name>');
    expect(text).toContain('<region>UFS_LU0_LU1</region>');
    expect(text).toContain('<physical_start_addr>0xFFFF0020</physical_start_addr>');
  });
});
