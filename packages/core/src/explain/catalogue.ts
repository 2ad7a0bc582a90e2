import bootStatus from './codes/boot-status.json';
import computer from './codes/computer.json';
import library from './codes/flash-tool-library.json';
import windows from './codes/flash-tool-windows.json';
import own from './codes/unbrick.json';
import xflash from './codes/xflash.json';
import xmlAgent from './codes/xml-agent.json';
import type { CatalogueEntry } from './entry.js';

/** Every code and message that this program can explain. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  own,
  computer,
  bootStatus,
  library,
  xflash,
  xmlAgent,
  windows,
].flat() as never;

/** A name as libraries and tools print it: `LIBUSB_ERROR_BUSY`. */
const SYMBOL = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;

const BY_NAME = new Map<string, CatalogueEntry[]>();
const BY_CODE = new Map<number, CatalogueEntry[]>();

for (const entry of CATALOGUE) {
  const shownNames = (entry.seenAs ?? []).filter((text) => SYMBOL.test(text));
  for (const name of new Set([entry.key, entry.symbol, ...(entry.aliases ?? []), ...shownNames])) {
    if (name !== undefined) add(BY_NAME, nameForm(name), entry);
  }
  if (entry.code !== undefined) add(BY_CODE, entry.code, entry);
}

function add<K>(index: Map<K, CatalogueEntry[]>, key: K, entry: CatalogueEntry): void {
  const entries = index.get(key);
  if (entries) entries.push(entry);
  else index.set(key, [entry]);
}

/** People leave out the prefix or write it the way another tool does: `STATUS_BROM_CMD_SEND_DA_FAIL`. */
function nameForm(name: string): string {
  return name.toUpperCase().replace(/^(S|STATUS)_/, '');
}

/** The entries with this symbol, alias or key, in any case. When none is called so: those that are but for the prefix. */
export function entriesByName(name: string): readonly CatalogueEntry[] {
  const alike = BY_NAME.get(nameForm(name)) ?? [];
  const wanted = name.toUpperCase();
  const exact = alike.filter((entry) => [entry.symbol, entry.key, ...(entry.aliases ?? [])].includes(wanted));
  return exact.length > 0 ? exact : alike;
}

/** The entries of every family that uses this number; `code` may be negative, as tools print 32-bit words. */
export function entriesByCode(code: number): readonly CatalogueEntry[] {
  return BY_CODE.get(code < 0 ? code >>> 0 : code) ?? [];
}

/** What flash tools show in the same case as one of this program's own codes. */
export function elsewhere(entry: CatalogueEntry): readonly CatalogueEntry[] {
  return (entry.elsewhere ?? []).flatMap((key) => entriesByName(key).filter((each) => each.key === key));
}

/** The own codes that stand for what a flash tool shows. */
export function ownEntriesLike({ key }: CatalogueEntry): readonly CatalogueEntry[] {
  return CATALOGUE.filter((entry) => entry.elsewhere?.includes(key));
}

/** The entry of one of this program's own codes. */
export function ownEntry(code: string): CatalogueEntry | undefined {
  return entriesByName(code).find((entry) => entry.family === 'unbrick');
}
