/** Finds files as scatter files name them: relative to the scatter file, in any case, sometimes with folders. */

/** All files of a folder. Lookups take paths in any case. */
export class FileLookup {
  /** Lower-cased path → path. Of paths that differ by case alone the first. */
  readonly byLowerCase = new Map<string, string>();
  readonly #exact: ReadonlySet<string>;
  readonly #ambiguous = new Set<string>();

  constructor(paths: readonly string[]) {
    this.#exact = new Set(paths);
    for (const path of paths) {
      const key = path.toLowerCase();
      if (this.byLowerCase.has(key)) this.#ambiguous.add(key);
      else this.byLowerCase.set(key, path);
    }
  }

  /** All paths as they stand. */
  get paths(): ReadonlySet<string> {
    return this.#exact;
  }

  /** The file at this path: the very same, else the only one that differs by case. */
  find(path: string): string | undefined {
    if (this.#exact.has(path)) return path;
    const key = path.toLowerCase();
    // Two files that differ by case alone, and neither is the one that was asked for: nobody can tell which is meant.
    return this.#ambiguous.has(key) ? undefined : this.byLowerCase.get(key);
  }

  /**
   * The file that a scatter file in `home` means by `fileName`. A name with folders is tried as it stands and then by its last
   * part beside the scatter file, because some makers left the paths of their build machines in it.
   */
  resolve(home: string, fileName: string): string | undefined {
    const parts = fileName
      .replaceAll('\\', '/')
      .split('/')
      .filter((part) => part !== '' && part !== '.');
    const name = parts.at(-1);
    if (name === undefined || name === '..') return undefined;
    const absolute = /^([a-z]:|[\\/])/i.test(fileName);
    const asWritten = absolute ? undefined : join(home, parts);
    return (
      (asWritten === undefined ? undefined : this.find(asWritten)) ?? this.find(home === '' ? name : `${home}/${name}`)
    );
  }
}

/**
 * The files in `home` that fit the first of `patterns` which fits any, `*` standing for any characters. Several come back
 * when nothing tells which is meant.
 */
export function filesLike(lookup: FileLookup, home: string, patterns: readonly string[]): string[] {
  const here = [...lookup.paths].filter((path) => folderOf(path).toLowerCase() === home.toLowerCase());
  for (const pattern of patterns) {
    const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    const expression = new RegExp(`^${parts.join('.*')}$`, 'i');
    const hits = here.filter((path) => expression.test(nameOf(path)));
    if (hits.length > 0) return hits;
  }
  return [];
}

/** The folder of a path; '' for the root. */
export function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Undefined when `..` would leave the firmware folder. */
function join(home: string, parts: readonly string[]): string | undefined {
  const joined = home === '' ? [] : home.split('/');
  for (const part of parts) {
    if (part !== '..') joined.push(part);
    else if (joined.pop() === undefined) return undefined;
  }
  return joined.join('/');
}
