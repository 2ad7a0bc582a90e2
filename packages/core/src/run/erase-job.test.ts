import { expect, it } from 'vitest';
import { refuseDangerous } from './erase-job.js';

const entry = (name: string) => ({ name, region: 'user' as const, start: 0, length: 0x100000 });

it.each([
  ['NVRAM', [], 'CALIBRATION_ERASE'],
  ['boot', [], 'BOOT_CHAIN_ERASE'],
  ['BOOTIMG', ['CALIBRATION_ERASE'], 'BOOT_CHAIN_ERASE'],
  ['PRELOADER', ['BOOT_CHAIN_ERASE'], 'BOOT_CHAIN_ERASE'],
])('refuses to erase %s with %j lifted', (name, force, code) => {
  expect(() => refuseDangerous(entry(name), force)).toThrowError(expect.objectContaining({ code }));
});

it.each([
  ['cache', []],
  ['nvram', ['calibration_erase']],
  ['boot', ['BOOT_CHAIN_ERASE']],
])('erases %s with %j lifted', (name, force) => {
  expect(() => refuseDangerous(entry(name), force)).not.toThrow();
});
