import type { EventSink } from '@unbrick/core';

/** Turns the event stream of a job into pixels. */
export interface Renderer {
  readonly show: EventSink;
  /** A line that belongs to no event: the answer to Ctrl-C, the listing of `info`. */
  say(line: string): void;
  /** Takes away what is temporary on the screen, before a prompt or the end. */
  pause(): void;
}
