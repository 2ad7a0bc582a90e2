import type { CatalogueEntry } from '@unbrick/core/explain';

/** Numbers below it are written as decimals in the field, those above in hexadecimal. */
const LARGEST_DECIMAL = 0xffff;

/** Number and name of a catalogue entry, as people search for it: `4032 S_FT_ENABLE_DRAM_FAIL`. */
export function title(entry: CatalogueEntry): string {
  const code =
    entry.code === undefined
      ? ''
      : entry.code > LARGEST_DECIMAL || entry.family === 'boot-status'
        ? `0x${entry.code.toString(16).toUpperCase()}`
        : `${entry.code}`;
  return [code, entry.symbol ?? (code === '' ? entry.key : '')].filter(Boolean).join(' ');
}
