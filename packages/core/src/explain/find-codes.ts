import { CATALOGUE, entriesByCode, entriesByName, ownEntry } from './catalogue.js';
import type { CatalogueEntry } from './entry.js';

/** A code or message of the catalogue that stands in a text. */
export interface FoundCode {
  /** As it stands in the text. */
  text: string;
  /** What it can mean, likeliest first. */
  entries: readonly CatalogueEntry[];
  /** 1-based. */
  line: number;
}

/** Longest text that is looked at, characters; of a longer one the end, where errors are. */
const LONGEST_TEXT = 4 << 20;
/** A question is a few words; in it any number may be meant. In a log, numbers are everywhere. */
const QUESTION_WORDS = 6;

const SYMBOL = /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g;
/** Own codes of one word, as errors show them or alone: `[INTERNAL]`. */
const ONE_WORD = /(?<=\[)[A-Z]{4,}(?=\])|^\s*[A-Z]{4,}\s*$/gi;
const HEX = /\b0x([0-9a-f]{1,8})\b/gi;
const NUMBER = /(?<![\w.:-])-?\d{1,10}(?![\w:]|\.\d)/g;
/** What stands before a number that is an error code. */
const CODE_BEFORE =
  /(?:error|err|code|status|ret|result|answered|fail(?:ed|ure)?|codigo|código|erro|ошибка|kode|erreur)\W{0,12}$|[([]$/i;

/** Finds every code, symbol and known message in a question, a pasted window or a whole log. Each entry once, in the text's order. */
export function findCodes(text: string): FoundCode[] {
  const looked = text.length > LONGEST_TEXT ? text.slice(-LONGEST_TEXT) : text;
  const question = looked.split(/\s+/).filter(Boolean).length <= QUESTION_WORDS;
  const found: FoundCode[] = [];
  const seen = new Set<CatalogueEntry>();
  looked.split(/\r\n|\r|\n/).forEach((line, index) => {
    for (const { text: part, entries } of codesOfLine(line, question)) {
      const fresh = entries.filter((entry) => !seen.has(entry));
      if (fresh.length === 0) continue;
      for (const entry of fresh) seen.add(entry);
      found.push({ text: part, entries: fresh, line: index + 1 });
    }
  });
  return found;
}

function* codesOfLine(line: string, question: boolean): Generator<{ text: string; entries: CatalogueEntry[] }> {
  let named = false;
  // In small letters only when nothing else is asked: variables in logs are spelled like that.
  for (const [symbol] of (/^\s*\w+\s*$/.test(line) && question ? line.toUpperCase() : line).matchAll(SYMBOL)) {
    const entries = entriesByName(symbol).filter(isTrouble);
    if (entries.length === 0) continue;
    named = true;
    yield { text: symbol, entries };
  }
  for (const [word] of line.matchAll(ONE_WORD)) {
    const entry = ownEntry(word.trim());
    if (entry) yield { text: word.trim(), entries: [entry] };
  }
  for (const { text, entry } of messagesIn(line)) {
    named = true;
    yield { text, entries: [entry] };
  }
  for (const { 0: whole, 1: digits, index } of line.matchAll(HEX)) {
    const number = Number.parseInt(digits as string, 16);
    // The number beside a name is that name's number; on its own it may be another generation's. Not so for 32-bit words, of
    // which there is one generation: agents name them otherwise than the tools do.
    if (named && number <= SURELY_A_STATUS) continue;
    const entries = byNumber(number, line, index, question);
    if (entries.length > 0) yield { text: whole, entries };
  }
  if (named) return;
  for (const { 0: digits, index } of line.matchAll(NUMBER)) {
    const entries = byNumber(Number(digits), line, index, question);
    if (entries.length > 0) yield { text: digits, entries };
  }
}

/** Nothing but a 32-bit status word is so large and known. */
const SURELY_A_STATUS = 0xffffff;
/** How far before a number the word that makes it an error code may stand, characters. */
const BEFORE = 24;

function byNumber(number: number, line: string, index: number, question: boolean): CatalogueEntry[] {
  const entries = entriesByCode(number).filter(isTrouble);
  if (entries.length === 0) return [];
  const sure = question || Math.abs(number) > SURELY_A_STATUS;
  if (!sure && !CODE_BEFORE.test(line.slice(Math.max(0, index - BEFORE), index))) return [];
  return entries.sort((a, b) => likelihood(b, line) - likelihood(a, line));
}

/** Success and progress words fill every log and explain nothing. */
function isTrouble(entry: CatalogueEntry): boolean {
  return entry.code !== 0 && entry.meaning !== 'Success.';
}

const FAMILY_HINTS: Partial<Record<CatalogueEntry['family'], RegExp>> = {
  'flash-tool-library': /BROM ERROR|SP FLASH TOOL ERROR|\bS_|\bV?5\.\d/i,
  'flash-tool-6': /\bCFT|\bV?6\.\d|SPFlashToolV6|XML/i,
  'flash-tool-3': /\bV?3\.\d/i,
  computer: /windows|device manager|code\s*\d|driver/i,
};

function likelihood(entry: CatalogueEntry, line: string): number {
  const hinted = FAMILY_HINTS[entry.family]?.test(line) ? 2 : 0;
  return hinted + (entry.seenAs ? 1 : 0) - (entry.generic ? 1 : 0);
}

interface Message {
  text: string;
  entry: CatalogueEntry;
  /** Its words in small letters, a space before, between and after them. */
  words: RegExp;
}

/** Whole sentences that tools show; shorter ones would be found in everything. */
const SHORTEST_MESSAGE = 14;

/** In a message: what differs from case to case. */
const HOLDER = '[…]';
const FEW_WORDS = '(?:\\S+ ){1,4}';

/** The messages by their longest word, so that a line is compared with few of them. */
const MESSAGES = new Map<string, Message[]>();
for (const entry of CATALOGUE) {
  for (const text of entry.seenAs ?? []) {
    if (text.length < SHORTEST_MESSAGE || !/[a-z] [a-z[]/i.test(text) || /^S_|\(\d+\)/.test(text)) continue;
    const parts = text.split(HOLDER).map(wordsOf);
    const longest = parts.flat().reduce((best, word) => (word.length > best.length ? word : best));
    const words = new RegExp(
      ` ${parts
        .map((part) => part.join(' '))
        .filter(Boolean)
        .join(` ${FEW_WORDS}`)} `,
    );
    const message = { text, entry, words };
    MESSAGES.set(longest, [...(MESSAGES.get(longest) ?? []), message]);
  }
}

/** Messages that stand in the line, in any case and with any punctuation between their words. */
function messagesIn(line: string): Message[] {
  const words = wordsOf(line);
  const candidates = new Set(words.flatMap((word) => MESSAGES.get(word) ?? []));
  if (candidates.size === 0) return [];
  const whole = ` ${words.join(' ')} `;
  return [...candidates].filter((message) => message.words.test(whole));
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
