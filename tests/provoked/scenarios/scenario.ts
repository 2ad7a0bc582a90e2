import type { JobEvent } from '@unbrick/core';

/** Something that is told to a user under a code: a finding, an event, a problem of a file. */
export interface Told {
  /** `error` for an event that ended a job. */
  type?: string;
  code: string;
  message: string;
  severity?: string;
  evidence?: readonly string[];
  next?: readonly string[];
}

/** What the real program does in one case: it throws an UnbrickError, or tells things. */
export type Scenario = () => readonly Told[] | Promise<readonly Told[]>;

/** Each under the code that it has to bring about. */
export type Scenarios = Readonly<Record<string, Scenario>>;

/** What the events of a job tell under a code. */
export function toldIn(events: readonly JobEvent[]): Told[] {
  return events.filter((event) => event.type === 'finding' || event.type === 'error');
}
