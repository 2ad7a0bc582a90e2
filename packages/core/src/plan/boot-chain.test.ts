import { expect, it } from 'vitest';
import { isBootChain } from './boot-chain.js';

it.each([
  'preloader',
  'PRELOADER',
  'DSP_BL',
  'lk',
  'UBOOT',
  'boot_a',
  'BOOTIMG',
  'vbmeta_system',
  'EBR1',
  'tee2',
  'PMT',
])('%s: the phone needs it to start', (name) => expect(isBootChain(name)).toBe(true));

it.each(['bootloader2', 'recovery', 'CACHE', 'userdata', 'ANDROID', 'nvram', 'logodump'])('%s: not', (name) =>
  expect(isBootChain(name)).toBe(false),
);
