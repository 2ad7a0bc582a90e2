import type { ErrorDetails } from '@unbrick/core';
import { type CatalogueEntry, lookUp, ownEntry } from '@unbrick/core/explain';
import { eventLines } from '../../packages/cli/src/render/lines.js';
import { PLAIN } from '../../packages/cli/src/render/style.js';

/** An error, thrown or told as an event. */
export type ToldError = Pick<ErrorDetails, 'code' | 'stage' | 'message'> & {
  evidence: readonly string[];
  next: readonly string[];
};

/** An error as the command line shows it. */
export function shown({ code, stage, message, evidence, next }: ToldError): string {
  return eventLines({ type: 'error', code, stage, message, evidence, next }, PLAIN).join('\n');
}

/** All that `unbrick explain` makes of a text that somebody has copied. */
export function explanationsIn(text: string): CatalogueEntry[] {
  return lookUp(text).found.flatMap(({ entries }) => entries);
}

/**
 * What is wrong with how an error is told, in words; nothing when a user finds in it what happened, what was seen, what to do,
 * and the way to the catalogue.
 */
export function faultsOfTelling(error: ToldError): string[] {
  const text = shown(error);
  return [
    ownEntry(error.code) === undefined && `${error.code} is not in the catalogue`,
    error.message === '' && 'it has no message',
    error.evidence.length === 0 && error.stage !== 'usage' && 'it tells nothing that was seen',
    error.next.length === 0 && 'it tells nothing to do next',
    /(?:\.[cm]?[jt]s|node:[\w/]+):\d/.test(text) && 'it shows a stack trace',
    /undefined|\[object |NaN/.test(text) && 'it shows the inside of the program',
    !explanationsIn(text).some((entry) => entry.key === error.code) && 'explain does not find its code in it',
  ].filter((fault) => fault !== false);
}
