/**
 * How a transfer went, as far as the host can tell before CMD:END. `failure`: the host ended it, and this is why. `seen`: the
 * agent ended it, or asked for the impossible; `inData` when it did so between the first and the last byte.
 */
export type Outcome = { complete: true } | { failure: unknown } | { seen: string; inData?: true };
