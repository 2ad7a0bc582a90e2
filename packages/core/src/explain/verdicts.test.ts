import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ownEntry } from './catalogue.js';
import { ENGLISH, LANGUAGES } from './language.js';

/**
 * Codes of findings that stop or warn: those of the preflight and of the jobs, and everything that can be odd about files and
 * partition tables. Found in the sources, so that nobody has to keep a list.
 */
function verdictCodes(): string[] {
  const told = new Set<string>();
  const harmless = new Set<string>();
  const mentioned = new Set<string>();
  const root = fileURLToPath(new URL('..', import.meta.url));
  for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!/^(preflight|plan|run|firmware|storage)\//.test(path) || !/(?<!\.test|\.fixture)\.ts$/.test(path)) continue;
    const text = readFileSync(join(root, path), 'utf8');
    for (const [, ok, code] of text.matchAll(/severity: ('ok')?[^;]{1,80}?code: '([A-Z][A-Z0-9_]+)'/g)) {
      (ok ? harmless : told).add(code as string);
    }
    if (!/^(preflight|firmware|storage)\//.test(path)) continue;
    for (const [, word] of text.matchAll(/'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g)) mentioned.add(word as string);
  }
  const likely = [...mentioned].filter((word) => ownEntry(word) && !harmless.has(word));
  return [...new Set([...told, ...likely])].sort();
}

describe('the verdicts', () => {
  const verdicts = verdictCodes();

  it('are found in the sources', () => {
    expect(verdicts).toEqual(expect.arrayContaining(['CHIP_MISMATCH', 'UNFINISHED_JOB', 'GPT_OVERLAP', 'BATTERY_LOW']));
    expect(verdicts).not.toContain('CHIP_MATCHES');
  });

  it.each(LANGUAGES.filter((language) => language !== ENGLISH).map((language) => [language.tag, language] as const))(
    'are told in languages/%s.json (a new verdict needs an entry there: its meaning in one or two plain sentences)',
    (_, language) => {
      expect(verdicts.filter((code) => !language.entries[code])).toEqual([]);
    },
  );
});
