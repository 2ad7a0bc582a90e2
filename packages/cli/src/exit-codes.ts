import type { Outcome } from '@unbrick/core';

/** What scripts rely on; documented in the README. */
export const ExitCode = {
  DONE: 0,
  FAILED: 1,
  USAGE: 2,
  BLOCKED: 3,
  NO_PHONE: 4,
  INTERRUPTED: 130,
} as const;

export function exitCodeOf(outcome: Outcome): number {
  switch (outcome) {
    case 'done':
    case 'planned':
      return ExitCode.DONE;
    case 'misused':
      return ExitCode.USAGE;
    case 'blocked':
      return ExitCode.BLOCKED;
    case 'no-phone':
      return ExitCode.NO_PHONE;
    case 'stopped':
    case 'declined':
      return ExitCode.INTERRUPTED;
    case 'failed':
      return ExitCode.FAILED;
  }
}
