import { describe, expect, it } from 'vitest';
import { type PhoneMark, samePhone } from './same-phone.js';

const EMMC: PhoneMark = { hwCode: 0x321, storageKind: 'emmc', storageId: '150100514536334d4202123456789af1' };
const UFS: PhoneMark = { hwCode: 0x766, storageKind: 'ufs', storageId: '4b4d3256' };

describe('whether two marks are of one phone', () => {
  it.each([
    { a: { ...EMMC, meId: '01' }, b: { ...EMMC, meId: '01', storageId: 'ff' }, is: 'same' },
    { a: { ...EMMC, meId: '01' }, b: { ...EMMC, meId: '02' }, is: 'other' },
    // A preloader of an early generation told no ME_ID: the serial number of the eMMC decides.
    { a: { ...EMMC, meId: '01' }, b: EMMC, is: 'same' },
    { a: EMMC, b: { ...EMMC, storageId: '150100514536334d4202999999999af1' }, is: 'other' },
    { a: EMMC, b: { ...EMMC, hwCode: 0x335 }, is: 'other' },
    { a: { ...EMMC, storageId: '0'.repeat(32) }, b: { ...EMMC, storageId: '0'.repeat(32) }, is: 'unclear' },
    // Every phone of a series has the same name of UFS and the same id of NAND.
    { a: { ...UFS, meId: '01' }, b: UFS, is: 'unclear' },
    { a: { ...UFS, socId: '01' }, b: { ...UFS, socId: '01', meId: '02' }, is: 'same' },
    { a: UFS, b: { ...UFS, storageId: '4b4d' }, is: 'other' },
  ])('$a and $b: $is', ({ a, b, is }) => {
    expect(samePhone(a, b)).toBe(is);
    expect(samePhone(b, a)).toBe(is);
  });
});
