import type { Profile } from '../../../profiles/profile.js';

/** The phone of the recorded stage 2: MT6765, 7.3 GiB eMMC, all fuses 0. */
export const MT6765: Profile = {
  name: 'test-mt6765',
  description: 'MT6765 test phone',
  platform: 'MT6765',
  project: 'test',
  hwCode: 0x0766,
  hwSubCode: 0x8a00,
  hwVersion: 0xca00,
  swVersion: 0,
  bootRom: { version: 5, targetConfig: 0, writeStatus: 1, meId: '00'.repeat(16) },
  preloader: { generation: 3, targetConfig: 0, agentAddress: 0x40200000, windowMs: 3000 },
  modes: ['preloader', 'brom'],
  agent: {
    generation: 'xflash',
    fileHwCode: 0x6765,
    stage1Address: 0x200000,
    stage2Address: 0x40000000,
    xflash: { emiVersion: 35, emiItemSize: 160, buildYear: 2020 },
  },
  storage: {
    kind: 'emmc',
    blockSize: 512,
    regions: { boot1: 0x400000, boot2: 0x400000, rpmb: 0x400000, user: 0x1d2000000 },
    id: '150100513645334d420652e12fc03389',
    firmwareVersion: '0300000000000000',
    table: 'gpt',
  },
  ramSize: 0x3f000000,
  partitions: [],
};

/** Table of the recorded card, as far as the record shows it. */
export const PARTITIONS = [
  { name: 'proinfo', start: 0x100000, size: 0x300000 },
  { name: 'logo', start: 0x800000, size: 0x100000 },
  { name: 'small', start: 0x900000, size: 0x20000 },
  { name: 'cache', start: 0x1000000, size: 0x1000000 },
];

export const USER_SIZE = 0x1d2000000;
