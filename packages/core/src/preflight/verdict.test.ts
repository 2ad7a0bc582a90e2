import { describe, expect, it } from 'vitest';
import type { Finding } from './finding.js';
import { canBeLifted, hasBlocker, liftFindings } from './verdict.js';

const blocker = (code: string): Finding => ({
  severity: 'blocker',
  code,
  message: 'm',
  evidence: ['seen'],
  next: ['do'],
});

describe('lifting blockers', () => {
  it('lifts exactly the named one and keeps saying so', () => {
    const lifted = liftFindings([blocker('CHIP_MISMATCH'), blocker('LAYOUT_DIFFERS')], ['layout_differs']);
    expect(lifted.map((finding) => finding.severity)).toEqual(['blocker', 'warning']);
    expect(lifted[1]?.evidence).toContain('lifted by --force LAYOUT_DIFFERS');
  });

  it.each(['IMAGE_TOO_LARGE', 'IMAGE_MISSING', 'IMAGE_DAMAGED', 'PRELOADER_ZEROED'])('never lifts %s', (code) => {
    expect(hasBlocker(liftFindings([blocker(code)], [code]))).toBe(true);
    expect(canBeLifted(blocker(code))).toBe(false);
  });

  it('leaves other findings alone', () => {
    const ok: Finding = { severity: 'ok', code: 'CHIP_MATCHES', message: '', evidence: [], next: [] };
    expect(liftFindings([ok], ['CHIP_MATCHES'])).toEqual([ok]);
  });
});
