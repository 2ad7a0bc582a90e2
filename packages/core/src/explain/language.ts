import { UnbrickError } from '../errors/unbrick-error.js';
import es from './languages/es.json';
import fr from './languages/fr.json';
import hi from './languages/hi.json';
import id from './languages/id.json';
import pt from './languages/pt.json';
import ru from './languages/ru.json';
import remedies from './remedies.json';

/** Words around an explanation. */
export interface Labels {
  means: string;
  causes: string;
  next: string;
  seenAs: string;
  alsoMeans: string;
  onlyName: string;
  unknown: string;
  similar: string;
}

/**
 * Texts of one language, a file in `languages/`. Only English is whole: what is missing in another falls back to it. A new
 * language holds at least the entries that the others have; the test tells which.
 */
export interface Language {
  /** BCP 47: `pt`. */
  tag: string;
  /** In its own words: `português`. */
  name: string;
  entries: Record<string, { meaning: string; causes?: string[] } | undefined>;
  remedies: Record<string, string | undefined>;
  labels: Partial<Labels>;
}

export const ENGLISH: Language & { labels: Labels } = {
  tag: 'en',
  name: 'English',
  entries: {},
  remedies,
  labels: {
    means: 'What it means',
    causes: 'Probably because',
    next: 'What to do next',
    seenAs: 'Shown as',
    alsoMeans: 'Other tools use the same number for',
    onlyName: 'Only the name of this code is known; the rest is read from it.',
    unknown: 'Nothing known stands in this text.',
    similar: 'Nearest by its words:',
  },
};

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
