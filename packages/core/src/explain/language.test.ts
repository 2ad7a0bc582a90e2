import { describe, expect, it } from 'vitest';
import { CATALOGUE } from './catalogue.js';
import { explainOwnCode } from './explain.js';
import { chooseLanguage, ENGLISH, LANGUAGES } from './language.js';

const translations = LANGUAGES.filter((language) => language !== ENGLISH);
const entries = new Map(CATALOGUE.map((entry) => [entry.key, entry]));

describe('the languages', () => {
  it.each(translations.map((language) => [language.name, language] as const))('%s is complete', (_, language) => {
    const [first] = translations;
    expect(Object.keys(language.entries).sort()).toEqual(Object.keys(first?.entries ?? {}).sort());
    expect(Object.keys(language.labels).sort()).toEqual(Object.keys(ENGLISH.labels).sort());
    const needed = Object.keys(language.entries).flatMap((key) => entries.get(key)?.next ?? []);
    expect(needed.filter((key) => !language.remedies[key])).toEqual([]);
  });

  it.each(translations.map((language) => [language.name, language] as const))(
    '%s translates only what there is',
    (_, language) => {
      expect(Object.keys(language.entries).length).toBeGreaterThanOrEqual(60);
      expect(Object.keys(language.entries).filter((key) => !entries.has(key))).toEqual([]);
      expect(Object.keys(language.remedies).filter((key) => !(key in ENGLISH.remedies))).toEqual([]);
    },
  );

  it.each(translations.map((language) => [language.name, language] as const))(
    '%s leaves commands and options as they are typed',
    (_, language) => {
      for (const [key, text] of Object.entries(language.remedies)) {
        const typed = (sentence: string | undefined) =>
          sentence?.match(/--[a-z]+(?: upgrade| preloader)?|`[^`]+`/g)?.sort() ?? [];
        expect(typed(text), key).toEqual(typed(ENGLISH.remedies[key]));
      }
    },
  );

  it('are chosen by tag or locale name', () => {
    expect(chooseLanguage('es_MX.UTF-8').tag).toBe('es');
    expect(chooseLanguage('pt-BR').tag).toBe('pt');
    expect(chooseLanguage('C').tag).toBe('en');
    expect(chooseLanguage('xh').tag).toBe('en');
    expect(() => chooseLanguage('???')).toThrow(expect.objectContaining({ code: 'LANGUAGE_UNKNOWN' }));
  });

  it('reach the explanation of an error', () => {
    const explanation = explainOwnCode('NO_PHONE', chooseLanguage('fr'));
    expect(explanation?.meaning).toContain('téléphone');
    expect(explanation?.next[0]).toContain('Lancez');
  });
});
