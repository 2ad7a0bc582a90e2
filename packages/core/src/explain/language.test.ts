import { describe, expect, it } from 'vitest';
import { CATALOGUE } from './catalogue.js';
import { explainOwnCode } from './explain.js';
import { chooseLanguage, ENGLISH, LANGUAGES, type Language } from './language.js';
import type { Message } from './wording.js';

const translations = LANGUAGES.filter((language) => language !== ENGLISH);
const entries = new Map(CATALOGUE.map((entry) => [entry.key, entry]));

/** What is typed as it stands: commands in backquotes, options, places for values. */
const typed = (text: string) => text.match(/`[^`]+`|--[a-z][a-z-]*(?: upgrade| preloader)?|\{\w+\}/g)?.sort() ?? [];

/** Every sentence of a language apart from explanations: `guide.advice.seen` → the sentence, with its forms for numbers. */
function sentences(language: Language): Map<string, Message> {
  const { tag: _tag, name: _name, entries: _entries, remedies: _remedies, ...groups } = language;
  const found = new Map<string, Message>();
  const collect = (value: object, path: string) => {
    for (const [key, each] of Object.entries(value)) {
      if (typeof each === 'string' || 'other' in each) found.set(`${path}${key}`, each);
      else collect(each, `${path}${key}.`);
    }
  };
  collect(groups, '');
  return found;
}
const formsOf = (message: Message | undefined): Record<string, string> =>
  message === undefined ? {} : typeof message === 'string' ? { other: message } : message;
const english = sentences(ENGLISH);

describe.each(translations.map((language) => [language.name, language] as const))('%s', (_, language) => {
  const own = sentences(language);

  it('has every sentence', () => {
    expect([...own.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it('keeps commands, options and places for values, in every form', () => {
    for (const [key, message] of own) {
      const wanted = typed(formsOf(english.get(key)).other ?? '');
      for (const form of Object.values(formsOf(message))) expect(typed(form), key).toEqual(wanted);
    }
    for (const [key, text] of Object.entries(language.remedies)) {
      expect(typed(text ?? ''), key).toEqual(typed(ENGLISH.remedies[key] ?? ''));
    }
  });

  it('has a form for every number', () => {
    const rules = new Intl.PluralRules(language.tag);
    const needed = new Set(Array.from({ length: 200 }, (_, count) => rules.select(count)));
    for (const [key, message] of own) {
      if (typeof english.get(key) === 'string') expect(message, key).toBeTypeOf('string');
      else expect(Object.keys(message), key).toEqual(expect.arrayContaining([...needed]));
    }
  });

  it('fits the table of a report into 80 columns', () => {
    expect(language.ending['readback-sha256'].length).toBeLessThanOrEqual(ENGLISH.ending['readback-sha256'].length);
  });

  it('leaves no sentence in English', () => {
    const same = [...own].filter(
      ([key, message]) =>
        /\s\S+\s/.test(formsOf(message).other ?? '') && formsOf(message).other === formsOf(english.get(key)).other,
    );
    expect(same.map(([key]) => key)).toEqual([]);
  });

  it('explains what the others explain, and only what there is', () => {
    const [first] = translations;
    expect(Object.keys(language.entries).sort()).toEqual(Object.keys(first?.entries ?? {}).sort());
    expect(Object.keys(language.entries).length).toBeGreaterThanOrEqual(60);
    expect(Object.keys(language.entries).filter((key) => !entries.has(key))).toEqual([]);
    expect(Object.keys(language.remedies).filter((key) => !(key in ENGLISH.remedies))).toEqual([]);
    const needed = Object.keys(language.entries).flatMap((key) => entries.get(key)?.next ?? []);
    expect(needed.filter((key) => !language.remedies[key])).toEqual([]);
  });
});

describe('the languages', () => {
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
