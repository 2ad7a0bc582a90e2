import { chooseLanguage, ENGLISH, type Language } from '@unbrick/core/explain';

/** The language the user reads: that of UNBRICK_LANG, else the system's; English when it is not understood. */
export function userLanguage(env: NodeJS.ProcessEnv = process.env): Language {
  const tag = env.UNBRICK_LANG || env.LC_ALL || env.LC_MESSAGES || env.LANG || 'en';
  try {
    return chooseLanguage(tag);
  } catch {
    return ENGLISH;
  }
}
