import type { FirmwareProblem } from '../firmware-problem.js';

/** Left behind by other systems; never part of a firmware. */
const LITTER = /(^|\/)(__MACOSX\/|\.DS_Store$|\._|Thumbs\.db$)/i;

/** The path as this program names it, or why no file of this name is taken from an archive. */
export function safePath(name: string): { path: string } | { unsafe: string } | 'litter' {
  if (LITTER.test(name)) return 'litter';
  const path = name.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what makes a name unsafe to show
  if (path === '' || /[\u0000-\u001f\u007f]/.test(path)) return { unsafe: 'characters that no file name has' };
  if (/^\/|^[a-z]:/i.test(path)) return { unsafe: 'an absolute path' };
  if (path.split('/').includes('..')) return { unsafe: 'a path that leads upwards' };
  return { path };
}

/** One finding for all files that were left out, with a few of their names. */
export function unsafeNames(found: readonly { name: string; why: string }[]): FirmwareProblem[] {
  if (found.length === 0) return [];
  const shown = found.slice(0, 3).map(({ name, why }) => `'${printable(name)}' (${why})`);
  const rest = found.length > 3 ? ` and ${found.length - 3} more` : '';
  return [
    {
      severity: 'warning',
      code: 'ARCHIVE_UNSAFE_NAMES',
      message: `Files with unsafe names in the archive are left out: ${shown.join(', ')}${rest}. Honest firmware has none.`,
    },
  ];
}

function printable(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the names come from strangers and go to a terminal
  return name.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?').slice(0, 80);
}
