import { describe, expect, it } from 'vitest';
import type { DeviceIdentity } from '../bootrom/identity.js';
import { chipByHwCode } from '../chips/chips.js';
import type { ScatterFile } from '../firmware/scatter/scatter.js';
import { checkChip } from './check-chip.js';

function verdict(platform: string, hwCode: number) {
  const chip = chipByHwCode(hwCode);
  const identity = { hwCode, ...(chip ? { chip } : {}) } as DeviceIdentity;
  return checkChip({ platform } as ScatterFile, identity);
}

describe('firmware platform against the chip in hand', () => {
  it.each([
    ['MT6735', 0x321, 'ok', 'CHIP_MATCHES'],
    ['mt6735', 0x321, 'ok', 'CHIP_MATCHES'],
    ['MT6757', 0x551, 'ok', 'CHIP_MATCHES'],
    ['MT6757D', 0x551, 'ok', 'CHIP_MATCHES'],
    ['MT6757CD', 0x551, 'ok', 'CHIP_MATCHES'],
    ['MT6757X', 0x551, 'warning', 'CHIP_VARIANT'],
    ['MT6753', 0x321, 'blocker', 'CHIP_MISMATCH'],
    ['MT6592', 0x766, 'blocker', 'CHIP_MISMATCH'],
    ['', 0x766, 'blocker', 'CHIP_MISMATCH'],
    ['MT6735', 0xbeef, 'blocker', 'CHIP_UNKNOWN'],
  ])('firmware %s, hw_code %i: %s %s', (platform, hwCode, severity, code) => {
    expect(verdict(platform, hwCode)).toMatchObject({ severity, code });
  });

  it('says of MT6757D against MT6757 that the name does not matter but the board does', () => {
    const finding = verdict('MT6757D', 0x551);
    expect(finding.message).toContain('two names of the same chip family');
    expect(finding.message).toContain('board');
  });

  it('tells what the foreign platform would report', () => {
    expect(verdict('MT6592', 0x321).evidence.join()).toContain('0x6592');
  });

  it.each([
    ['MT6592', 0x321],
    ['MT6735', 0xbeef],
    ['MT6757X', 0x551],
  ])('says what to do next when it is not ok', (platform, hwCode) => {
    expect(verdict(platform, hwCode).next.length).toBeGreaterThan(0);
  });
});
