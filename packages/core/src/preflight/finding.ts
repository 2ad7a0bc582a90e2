export type Severity = 'ok' | 'warning' | 'blocker';

/** One result of the comparison of firmware and phone. */
export interface Finding {
  severity: Severity;
  /** Stable: `IMAGE_TOO_LARGE`. A blocker can be lifted only by this name. */
  code: string;
  /** One sentence for a person. */
  message: string;
  /** What was seen on either side. */
  evidence: string[];
  /** What to do next; empty when severity is ok. */
  next: string[];
}
