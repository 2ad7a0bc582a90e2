import type { Finding, Severity } from '@unbrick/core';

/** A finding of the doctor; `blocker` here means: with this no phone will be reached. */
export function found(
  severity: Severity,
  code: string,
  message: string,
  evidence: string[] = [],
  next: string[] = [],
): Finding {
  return { severity, code, message, evidence, next };
}
