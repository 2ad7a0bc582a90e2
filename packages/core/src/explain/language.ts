import { UnbrickError } from '../errors/unbrick-error.js';
import en from './languages/en.json';
import es from './languages/es.json';
import fr from './languages/fr.json';
import hi from './languages/hi.json';
import id from './languages/id.json';
import pt from './languages/pt.json';
import ru from './languages/ru.json';
import remedies from './remedies.json';
import type { Texts, Wording } from './wording.js';

/**
 * Texts of one language, a file in `languages/`. A new language has every sentence of `en.json`, and at least the entries and
 * remedies that the others have; the test tells which. Explanations that are missing fall back to English.
 */
export interface Language extends Wording {
  /** In its own words: `português`. */
  name: string;
  /** Words around an explanation. */
  labels: Texts<typeof en.labels>;
  /** Words before the lines of a finding or an error. */
  marks: Texts<typeof en.marks>;
  /** The last lines of a job. */
  ending: Texts<typeof en.ending>;
  /** What is asked, or answered to Ctrl-C. */
  prompts: Texts<typeof en.prompts>;
  entries: Record<string, { meaning: string; causes?: string[] } | undefined>;
  remedies: Record<string, string | undefined>;
}

/** The entries and remedies are the catalogue's own words. */
export const ENGLISH: Language = { ...en, entries: {}, remedies };

/** Every language there is, English first. */
export const LANGUAGES: readonly Language[] = [ENGLISH, es, ru, pt, id, hi, fr];

/**
 * The language of a tag or locale name: `es`, `pt-BR`, `ru_RU.UTF-8`. A language without texts gives English.
 * @throws UnbrickError `LANGUAGE_UNKNOWN` for a text that is no language tag at all
 */
export function chooseLanguage(tag: string): Language {
  const [, primary] = /^([a-z]{2,3}|C|POSIX)(?:[-_.@].*)?$/i.exec(tag) ?? [];
  if (primary === undefined) {
    throw new UnbrickError({
      code: 'LANGUAGE_UNKNOWN',
      stage: 'usage',
      message: `'${tag}' names no language.`,
      next: [`Use one of ${LANGUAGES.map((language) => language.tag).join(', ')}.`],
    });
  }
  return LANGUAGES.find((language) => language.tag === primary.toLowerCase()) ?? ENGLISH;
}
