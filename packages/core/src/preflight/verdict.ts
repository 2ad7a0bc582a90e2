import type { Finding } from './finding.js';

/**
 * Blockers that no wish can lift: the file is not there, does not fit or is broken, so there is nothing sensible to write.
 */
const NEVER_LIFTED = new Set([
  'IMAGE_MISSING',
  'IMAGE_DAMAGED',
  'IMAGE_TOO_LARGE',
  'NOTHING_TO_WRITE',
  'PARTITION_NOT_ON_PHONE',
  'PRELOADER_ZEROED',
  'PRELOADER_UNREADABLE',
  'PRELOADER_TRUNCATED',
  'AGENT_MISSING',
  'STORAGE_MISMATCH',
  'CHIP_UNKNOWN',
  'PARTITION_OUTSIDE_STORAGE',
  'LAYOUT_IMPOSSIBLE',
  'LAYOUT_CHANGE_UNSUPPORTED',
  // Identity data would be cut off, lost, or another phone's.
  'CALIBRATION_DOES_NOT_FIT',
  'CALIBRATION_OF_OTHER_PHONE',
  'BACKUP_OF_OTHER_PHONE',
  'BACKUP_INCOMPLETE',
]);

/** The findings with those blockers turned into warnings that the user lifted by their own names. */
export function liftFindings(findings: readonly Finding[], lifted: readonly string[]): Finding[] {
  const names = new Set(lifted.map((name) => name.toUpperCase()));
  return findings.map((finding) =>
    finding.severity === 'blocker' && names.has(finding.code) && !NEVER_LIFTED.has(finding.code)
      ? { ...finding, severity: 'warning', evidence: [...finding.evidence, `lifted by --force ${finding.code}`] }
      : finding,
  );
}

export function hasBlocker(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'blocker');
}

/** Whether `--force CODE` can lift this blocker. */
export function canBeLifted(finding: Finding): boolean {
  return finding.severity === 'blocker' && !NEVER_LIFTED.has(finding.code);
}
