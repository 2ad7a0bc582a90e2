import { expect, it } from 'vitest';
import { plausibleMillivolts } from './battery.js';

it.each([3000, 3410, 4200, 4480])('%i mV is a battery', (value) => {
  expect(plausibleMillivolts(value)).toBe(value);
});

it.each([undefined, 0, 1, 390, 5012, 39_000, 0xffffffff, Number.NaN])('%s mV is none', (value) => {
  expect(plausibleMillivolts(value)).toBeUndefined();
});
