import { ownEntry } from './catalogue.js';
import type { CatalogueEntry, Explanation } from './entry.js';
import { type FoundCode, findCodes } from './find-codes.js';
import { ENGLISH, type Language } from './language.js';
import { searchCatalogue } from './search.js';

/** The answer to a question about errors. */
export interface Answer {
  /** Codes and messages that stand in the question, in its order. */
  found: FoundCode[];
  /** When none does: entries that resemble its words, best first. */
  similar: CatalogueEntry[];
}

/**
 * What a text is about: a number in any spelling (`4032`, `0xC0060003`, `-1073283068`), a symbol, a pasted message or a whole
 * log. Instant and offline.
 */
export function lookUp(text: string): Answer {
  const found = findCodes(text);
  return { found, similar: found.length > 0 ? [] : searchCatalogue(text) };
}

/** An entry in words of a language; what has no translation stays English. */
export function explainEntry(entry: CatalogueEntry, language: Language = ENGLISH): Explanation {
  const translated = language.entries[entry.key];
  return {
    entry,
    meaning: translated?.meaning ?? entry.meaning,
    // A translated meaning with causes in English reads worse than no causes.
    causes: translated ? (translated.causes ?? []) : (entry.causes ?? []),
    next: (entry.next ?? []).map((key) => language.remedies[key] ?? ENGLISH.remedies[key] ?? key),
  };
}

/** What one of this program's own error or finding codes means, apart from the moment; undefined for a code it does not know. */
export function explainOwnCode(code: string, language: Language = ENGLISH): Explanation | undefined {
  const entry = ownEntry(code);
  return entry && explainEntry(entry, language);
}
