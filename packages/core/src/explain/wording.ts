import english from './languages/en.json';

/** One sentence in the forms that numbers ask for, by the names of `Intl.PluralRules`. */
export type PluralForms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

export type Message = string | PluralForms;

/** The keys of the English texts, with texts of any language. */
export type Texts<T> = {
  [K in keyof T]: T[K] extends string ? string : T[K] extends PluralForms ? PluralForms : Texts<T[K]>;
};

type English = typeof english;

/** What a job says to its user in one language: part of every `Language`. The keys are those of `languages/en.json`. */
export interface Wording {
  /** BCP 47: `pt`. */
  tag: string;
  /** The guided connection: what is seen, and what to do about it. */
  guide: Texts<English['guide']>;
  /** In what state a phone was left. */
  phone: Texts<English['phone']>;
}

export const ENGLISH_WORDING: Wording = english;

/** A message with its places `{name}` filled; `count` among the values chooses the plural form. */
export function say(message: Message, values: Record<string, string | number>, { tag }: { tag: string }): string {
  const text = typeof message === 'string' ? message : formFor(message, Number(values.count), tag);
  return text.replace(/\{(\w+)\}/g, (place, name) => `${values[name] ?? place}`);
}

function formFor(forms: PluralForms, count: number, tag: string): string {
  return forms[new Intl.PluralRules(tag).select(count)] ?? forms.other;
}
