/** Where in the road a failure happened. */
export type Stage =
  | 'usage'
  | 'firmware'
  | 'connect'
  | 'bootrom'
  | 'agent-upload'
  | 'dram'
  | 'agent'
  | 'preflight'
  | 'backup'
  | 'erase'
  | 'write'
  | 'verify'
  | 'reboot'
  | 'internal';

export interface ErrorDetails {
  /** Stable, upper-case, for scripts and the catalogue: `DA_REJECTED`. Never reworded once released. */
  code: string;
  stage: Stage;
  /** One sentence for a person: what happened. */
  message: string;
  /** What was seen: facts only, each a short sentence ("the preloader answered 0x7024 DAA_SIG_VERIFY_FAILED"). */
  evidence?: string[];
  /** What to do next, safest first. */
  next?: string[];
  cause?: unknown;
}

/** Every failure a user can meet. Nothing in the project throws strings or returns `false` for failure. */
export class UnbrickError extends Error {
  readonly code: string;
  readonly stage: Stage;
  readonly evidence: readonly string[];
  readonly next: readonly string[];

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'UnbrickError';
    this.code = details.code;
    this.stage = details.stage;
    this.evidence = details.evidence ?? [];
    this.next = details.next ?? [];
  }

  /** A copy with more evidence or other next steps, for the layer that knows more than the thrower. */
  with(more: Partial<Pick<ErrorDetails, 'code' | 'stage' | 'message' | 'evidence' | 'next'>>): UnbrickError {
    return new UnbrickError({
      code: more.code ?? this.code,
      stage: more.stage ?? this.stage,
      message: more.message ?? this.message,
      evidence: [...this.evidence, ...(more.evidence ?? [])],
      next: more.next ?? [...this.next],
      cause: this.cause ?? this,
    });
  }
}
