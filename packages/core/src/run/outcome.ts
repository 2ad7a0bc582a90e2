/**
 * How a job ended. `planned`: nothing was to be written, only to be looked at; `blocked`: a check stopped it before any
 * write; `misused`: what was asked for makes no sense; `stopped`: interrupted by the user; `declined`: the user said no.
 */
export type Outcome = 'done' | 'planned' | 'failed' | 'misused' | 'blocked' | 'no-phone' | 'stopped' | 'declined';
