import { UnbrickError } from './unbrick-error.js';

/**
 * Whatever was thrown, as an error that can be shown: what the operating system refuses becomes `COMPUTER_REFUSED`, and
 * anything else that is no UnbrickError is a mistake of the program itself, `INTERNAL`.
 */
export function asUnbrickError(cause: unknown): UnbrickError {
  if (cause instanceof UnbrickError) return cause;
  if (isSystemError(cause)) {
    return new UnbrickError({
      code: 'COMPUTER_REFUSED',
      stage: 'internal',
      message: 'The computer did not do what the program asked of it.',
      evidence: [cause.message],
      next: [nextAfter(cause.code)],
      cause,
    });
  }
  return new UnbrickError({
    code: 'INTERNAL',
    stage: 'internal',
    message: 'The program has made a mistake of its own.',
    evidence: [cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)],
    next: ['Please report this to the project, with a trace of the same job (--trace FILE).'],
    cause,
  });
}

/** A failed system call, as Node throws it. */
interface SystemError extends Error {
  code: string;
  syscall: string;
}

function isSystemError(cause: unknown): cause is SystemError {
  const { code, syscall } = (cause ?? {}) as Partial<SystemError>;
  return cause instanceof Error && typeof code === 'string' && typeof syscall === 'string';
}

function nextAfter(code: string): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'Make room on the disk, then repeat the command.';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'Use files and folders that you may read and write, then repeat the command.';
    case 'EIO':
    case 'ENXIO':
    case 'ENODEV':
      return 'The disk or stick fails, or was taken out: copy the files to another one, then repeat the command.';
    case 'EMFILE':
    case 'ENFILE':
      return 'Close other programs, then repeat the command.';
    default:
      return 'Look whether what is named above is what you mean, then repeat the command.';
  }
}
