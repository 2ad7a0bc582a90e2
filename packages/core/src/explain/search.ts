import { CATALOGUE } from './catalogue.js';
import type { CatalogueEntry } from './entry.js';

/** Words that say nothing about which entry is meant. */
const NOISE = new Set(
  'a an and are at be but can do does for from get has have how i in is it its me my not of on or please that the then this to was what when why with you error code phone'.split(
    ' ',
  ),
);
/** Share of the question that must be found again; below it an answer would be a guess. */
const GOOD_ENOUGH = 0.45;

interface Indexed {
  entry: CatalogueEntry;
  words: ReadonlyMap<string, number>;
}

let index: Indexed[] | undefined;
let rarity: Map<string, number> | undefined;

/**
 * Entries whose names, messages and meanings resemble the words, best first. Forgives misspelling: a word counts in part when
 * it shares most of its letter triples with a word of the entry.
 */
export function searchCatalogue(words: string, limit = 5): CatalogueEntry[] {
  const { entries, weights } = indexed();
  const asked = [...new Set(wordsOf(words))].slice(0, 40);
  if (asked.length === 0) return [];
  const likes = new Map(asked.map((word) => [word, alike(word, weights)]));
  const weightOf = (word: string) => weights.get(word) ?? 3;
  const whole = asked.reduce((sum, word) => sum + weightOf(word), 0);
  return entries
    .map(({ entry, words: own }) => {
      let score = 0;
      for (const word of asked) {
        let best = 0;
        for (const [like, share] of likes.get(word) as Map<string, number>) {
          const importance = own.get(like);
          if (importance !== undefined) best = Math.max(best, share * importance);
        }
        score += best * weightOf(word);
      }
      return { entry, score: score / whole - (entry.generic ? 0.1 : 0) };
    })
    .filter(({ score }) => score >= GOOD_ENOUGH)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ entry }) => entry);
}

function indexed(): { entries: Indexed[]; weights: Map<string, number> } {
  if (!index || !rarity) {
    index = CATALOGUE.map((entry) => ({ entry, words: weigh(entry) }));
    const counts = new Map<string, number>();
    for (const { words } of index) for (const word of words.keys()) counts.set(word, (counts.get(word) ?? 0) + 1);
    const total = index.length;
    rarity = new Map([...counts].map(([word, count]) => [word, Math.log(1 + total / count)]));
  }
  return { entries: index, weights: rarity };
}

/** Words of an entry with how much they tell: its names and the messages people see more than its explanation. */
function weigh(entry: CatalogueEntry): Map<string, number> {
  const words = new Map<string, number>();
  const take = (text: string | undefined, importance: number) => {
    for (const word of wordsOf(text ?? '')) words.set(word, Math.max(words.get(word) ?? 0, importance));
  };
  take(entry.causes?.join(' '), 0.5);
  take(entry.meaning, 0.8);
  take(entry.seenAs?.join(' '), 1);
  take([entry.symbol, entry.key, ...(entry.aliases ?? [])].join(' '), 1);
  return words;
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1 && !NOISE.has(word));
}

/** The known words that a word may stand for, with how sure that is (0 to 1). */
function alike(word: string, known: ReadonlyMap<string, number>): Map<string, number> {
  if (known.has(word)) return new Map([[word, 1]]);
  const triples = triplesOf(word);
  const likes = new Map<string, number>();
  for (const candidate of known.keys()) {
    if (Math.abs(candidate.length - word.length) > 3) continue;
    const others = triplesOf(candidate);
    let shared = 0;
    for (const triple of triples) if (others.has(triple)) shared++;
    const share = (2 * shared) / (triples.size + others.size);
    if (share > 0.5) likes.set(candidate, share);
  }
  return likes;
}

function triplesOf(word: string): Set<string> {
  const padded = `  ${word} `;
  const triples = new Set<string>();
  for (let i = 0; i + 3 <= padded.length; i++) triples.add(padded.slice(i, i + 3));
  return triples;
}
