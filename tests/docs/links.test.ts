import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((path) => path && existsSync(join(root, path)));
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');

/** The name a link to a heading has, as GitHub forms it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

const headingsOf = (path: string) => [...textOf(path).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading as string);

describe('documentation', () => {
  it.each(tracked.filter((path) => path.endsWith('.md')))('%s links to what is there', (page) => {
    const broken: string[] = [];
    for (const [, target] of textOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target as string)) continue;
      const [path, anchor] = (target as string).split('#') as [string, string | undefined];
      const file = path === '' ? join(root, page) : resolve(root, dirname(page), path);
      if (!existsSync(file)) broken.push(target as string);
      else if (anchor && !headingsOf(file.slice(root.length)).map(anchorOf).includes(anchor))
        broken.push(target as string);
    }
    expect(broken).toEqual([]);
  });

  it('has the pages and sections that the code refers to', () => {
    const broken: string[] = [];
    for (const path of tracked.filter((each) => /^packages\/.*\/src\/.*\.ts$/.test(each))) {
      const text = textOf(path).replace(/\n\s*(?:\*|\/\/)\s?/g, ' ');
      for (const [, page, sections = ''] of text.matchAll(
        /(docs\/(?:protocol\/)?[a-z-]+\.md)((?:,?\s*(?:sections?\s)?(?:and\s)?"[^"]+")*)/g,
      )) {
        if (!existsSync(join(root, page as string))) {
          broken.push(`${path}: ${page}`);
          continue;
        }
        const headings = headingsOf(page as string).map((heading) => heading.toLowerCase());
        for (const [, section] of sections.matchAll(/"([^"]+)"/g)) {
          if (!headings.includes((section as string).toLowerCase())) broken.push(`${path}: ${page}, "${section}"`);
        }
      }
    }
    expect(broken).toEqual([]);
  });
});
