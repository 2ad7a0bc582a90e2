import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import xflashNames from '../agent/xflash/status-names.json';
import { BOOT_STATUS, LegacyError, XflashStatus } from '../wire/index.js';
import { CATALOGUE, elsewhere, entriesByCode, entriesByName, ownEntriesLike, ownEntry } from './catalogue.js';
import type { CatalogueEntry } from './entry.js';
import remedies from './remedies.json';

const source = (folder: string) => fileURLToPath(new URL(`../../../${folder}`, import.meta.url));

/** The codes that the program's own sources give to errors and findings. */
function codesInSources(): Map<string, string> {
  const codes = new Map<string, string>();
  for (const root of ['core/src', 'cli/src']) {
    for (const path of readdirSync(source(root), { recursive: true, encoding: 'utf8' })) {
      if (!path.endsWith('.ts') || /\.(test|fixture)\.ts$|testing\//.test(path)) continue;
      const text = readFileSync(join(source(root), path), 'utf8');
      for (const [, code] of text.matchAll(/(?:\bcode: |\bfound\(\s*'\w+',\s*)'([A-Z][A-Z0-9_]+)'/g))
        codes.set(code as string, path);
    }
  }
  return codes;
}

describe('the catalogue', () => {
  it('has unique keys', () => {
    const keys = CATALOGUE.map((entry) => entry.key);
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  });

  it('names only remedies that exist, and no remedy for nothing', () => {
    const used = new Set(CATALOGUE.flatMap((entry) => entry.next ?? []));
    expect([...used].filter((key) => !(key in remedies))).toEqual([]);
    expect(Object.keys(remedies).filter((key) => !used.has(key))).toEqual([]);
  });

  it('has an entry for every code that the program itself raises (add missing ones to codes/unbrick.json)', () => {
    const codes = codesInSources();
    expect(codes.size).toBeGreaterThan(80);
    expect([...codes].filter(([code]) => !ownEntry(code))).toEqual([]);
  });

  it('tells what to do wherever something can be done', () => {
    const helpless = CATALOGUE.filter(
      (entry) =>
        entry.family === 'unbrick' &&
        !entry.next &&
        !/--|Choose another|switched it off|does not allow/.test(entry.meaning),
    );
    expect(helpless.map((entry) => entry.key)).toEqual([]);
  });

  it('links own codes to what flash tools show, and back', () => {
    const linked = CATALOGUE.filter((entry) => entry.elsewhere);
    expect(linked.filter(({ family }) => family !== 'unbrick')).toEqual([]);
    for (const entry of linked) expect(elsewhere(entry).map(({ key }) => key)).toEqual(entry.elsewhere);
    const like = (key: string) => ownEntriesLike(entriesByName(key)[0] as CatalogueEntry).map((entry) => entry.key);
    expect(like('S_FT_ENABLE_DRAM_FAIL')).toEqual(['EMI_NO_MATCH', 'DRAM_SETUP_FAILED']);
    expect(like('S_FT_DA_NO_RESPONSE')).toEqual(['AGENT_SILENT']);
    expect(like('STATUS_BROM_CMD_SEND_DA_FAIL')).toEqual(['DA_REJECTED']);
  });

  it.each([
    ['boot ROM and preloader', Object.fromEntries([...BOOT_STATUS].map(([word, name]) => [name, word]))],
    ['legacy agents', LegacyError],
    ['XFlash agents', XflashStatus],
  ])('has an entry for every status word of %s', (_, words) => {
    const missing = Object.entries(words).filter(([, word]) => entriesByCode(word).length === 0);
    expect(missing.map(([name, word]) => `${name} 0x${word.toString(16)}`)).toEqual([]);
  });

  it('knows every word by the name that errors show beside it', () => {
    const named: [string, number][] = [
      ...[...BOOT_STATUS].map(([word, name]): [string, number] => [name, word]),
      ...Object.entries(xflashNames).map(([word, [name]]): [string, number] => [name as string, Number(word)]),
    ];
    const unknown = named.filter(([name, word]) => {
      const distinct = name.includes('_') && !ownEntry(name);
      return distinct && !entriesByName(name).some(({ code }) => code === word);
    });
    expect(unknown).toEqual([]);
  });
});
