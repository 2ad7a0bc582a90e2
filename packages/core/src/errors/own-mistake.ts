import { UnbrickError } from './unbrick-error.js';

/** Whatever was thrown, as an error that can be shown: anything but an UnbrickError is a mistake of the program itself. */
export function asUnbrickError(cause: unknown): UnbrickError {
  if (cause instanceof UnbrickError) return cause;
  return new UnbrickError({
    code: 'INTERNAL',
    stage: 'internal',
    message: 'The program has made a mistake of its own.',
    evidence: [cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)],
    next: ['Please report this to the project, with a trace of the same job (--trace FILE).'],
    cause,
  });
}
