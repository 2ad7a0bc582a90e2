import {
  type Answer,
  type CatalogueEntry,
  elsewhere,
  explainEntry,
  type FoundCode,
  type Language,
  ownEntriesLike,
} from '@unbrick/core/explain';
import { title } from './entry-title.js';
import type { Style } from './style.js';

const FAMILIES: Record<CatalogueEntry['family'], string> = {
  unbrick: 'unbrick',
  'flash-tool-library': 'SP Flash Tool v5, library',
  xflash: 'Download Agent, XFlash and XML',
  'xml-agent': 'Download Agent, XML',
  'boot-status': 'boot ROM and preloader',
  'flash-tool-5': 'SP Flash Tool v5',
  'flash-tool-6': 'SP Flash Tool v6',
  'flash-tool-3': 'SP Flash Tool v3',
  'flash-tool-text': 'SP Flash Tool',
  private: 'SP Flash Tool, unpublished number',
  unconfirmed: 'unconfirmed',
  computer: 'the computer',
};

/** A number that several tools use: more than the likeliest is only named. */
const EXPLAINED_IN_FULL = 2;
/** The answer to `unbrick explain`, for a person. */
export function explanationLines({ found, similar }: Answer, language: Language, style: Style): string[] {
  const { labels } = language;
  if (found.length > 0) return found.flatMap((each) => foundLines(each, language, style));
  if (similar.length === 0) return [labels.unknown];
  return [labels.similar, ...similar.flatMap((entry) => entryLines(entry, language, style))];
}

function foundLines(found: FoundCode, language: Language, style: Style): string[] {
  const more = found.entries.slice(EXPLAINED_IN_FULL);
  return [
    ...found.entries.slice(0, EXPLAINED_IN_FULL).flatMap((entry) => entryLines(entry, language, style)),
    ...(more.length > 0 ? [`  ${language.labels.alsoMeans} ${more.map(title).join(', ')}`] : []),
  ];
}

function entryLines(entry: CatalogueEntry, language: Language, style: Style): string[] {
  const { labels } = language;
  const { meaning, causes, next } = explainEntry(entry, language);
  const formerly = Object.entries(entry.formerly ?? {}).map(([symbol, tools]) => `${symbol} (${tools.join(', ')})`);
  return [
    '',
    `${style.bold(title(entry))}  ${style.dim(`${FAMILIES[entry.family]} · ${entry.stage}`)}`,
    `  ${meaning}`,
    ...(entry.generic ? [style.dim(`  ${labels.onlyName}`)] : []),
    ...(entry.note === undefined ? [] : [style.dim(`  ${entry.note}`)]),
    ...named(language.labels.elsewhere, elsewhere(entry), style),
    ...named(language.labels.here, ownEntriesLike(entry), style),
    ...(causes.length > 0 ? [`  ${labels.causes}:`, ...causes.map((cause) => `    - ${cause}`)] : []),
    ...(next.length > 0 ? [`  ${labels.next}:`, ...next.map((step, i) => `    ${i + 1}. ${step}`)] : []),
    ...(formerly.length > 0 ? [style.dim(`  ${language.labels.alsoMeans} ${formerly.join('; ')}`)] : []),
  ];
}

function named(label: string, entries: readonly CatalogueEntry[], style: Style): string[] {
  return entries.length > 0 ? [style.dim(`  ${label} ${entries.map(title).join(', ')}`)] : [];
}
