import type { ScatterProblems } from './scatter-problems.js';

/** A key's value and where it stands. */
export interface ScatterEntry {
  value: string;
  /** From 1. */
  line: number;
}

/** The keys of one block, lower case. A key that stands twice keeps its first value. */
export class ScatterBlock {
  readonly line: number;
  readonly #entries = new Map<string, ScatterEntry>();
  /** Keys that stand more than once with different values. */
  readonly contradictions: { key: string; line: number; values: [string, string] }[] = [];

  constructor(line: number) {
    this.line = line;
  }

  add(key: string, value: string, line: number): void {
    const before = this.#entries.get(key);
    if (!before) {
      this.#entries.set(key, { value, line });
    } else if (before.value.toLowerCase() !== value.toLowerCase()) {
      this.contradictions.push({ key, line, values: [before.value, value] });
    }
  }

  entry(key: string): ScatterEntry | undefined {
    return this.#entries.get(key);
  }

  /** The value, or undefined when the key is missing or has an empty value. */
  value(key: string): string | undefined {
    return this.#entries.get(key)?.value || undefined;
  }

  /** All keys with their values, to compare blocks. */
  get content(): string {
    return [...this.#entries]
      .map(([key, entry]) => `${key}=${entry.value.toLowerCase()}`)
      .sort()
      .join('\n');
  }

  [Symbol.iterator](): IterableIterator<[string, ScatterEntry]> {
    return this.#entries[Symbol.iterator]();
  }
}

/** What belongs to one kind of storage: the general keys and the partitions. */
export interface ScatterSection {
  /** Value of `storage_type`. */
  storageType?: string;
  general: ScatterBlock;
  partitions: ScatterBlock[];
}

export interface ScatterOutline {
  /** The general block at the head of the file. */
  general: ScatterBlock;
  sections: ScatterSection[];
}

const STRUCTURE_KEYS = new Set(['info', 'description']);

/**
 * Divides the text into blocks. Tolerant on purpose, because real files hold tabs, repeated keys and text that a strict
 * YAML parser refuses. See docs/protocol/scatter.md, "YAML-like form".
 */
export function readOutline(text: string, problems: ScatterProblems): ScatterOutline {
  const outline: ScatterOutline = { general: new ScatterBlock(1), sections: [] };
  let section: ScatterSection | undefined;
  let partition: ScatterBlock | undefined;
  let target = outline.general;
  const openSection = (line: number, storageType?: string): ScatterSection => {
    const opened: ScatterSection = { general: new ScatterBlock(line), partitions: [] };
    if (storageType !== undefined) opened.storageType = storageType;
    outline.sections.push(opened);
    partition = undefined;
    return opened;
  };
  const openPartition = (line: number): ScatterBlock => {
    // A V1 file has no sections: its partitions belong to the general block at its head.
    section ??= { general: outline.general, partitions: [] };
    if (outline.sections.length === 0) outline.sections.push(section);
    const opened = new ScatterBlock(line);
    section.partitions.push(opened);
    return opened;
  };

  const lines = text.split(/\r\n|\r|\n/);
  for (let i = 0; i < lines.length; i++) {
    const number = i + 1;
    const parsed = parseLine(lines[i] as string);
    if (parsed === 'blank') continue;
    if (parsed === 'unreadable') {
      const shown = (lines[i] as string).trim().slice(0, 40);
      problems.warn(number, 'SCATTER_LINE_UNREADABLE', `Line ${number} is not of the form "key: value": '${shown}'.`);
      continue;
    }
    const { key, value } = parsed;
    if (value.includes('\ufffd')) {
      const message = `The value of ${key} holds characters that are not UTF-8 text: '${value.slice(0, 40)}'.`;
      problems.warn(number, 'SCATTER_ENCODING', message);
    }
    if (STRUCTURE_KEYS.has(key)) continue;
    if (key === 'storage_type') {
      section = openSection(number, value);
      target = section.general;
    } else if (key === 'general') {
      if (value.toUpperCase() !== 'MTK_STORAGE_CFG') continue;
      if (!section || section.partitions.length > 0) section = openSection(number);
      target = section.general;
    } else if (key === 'partition_index') {
      partition = openPartition(number);
      partition.add(key, value, number);
      target = partition;
    } else {
      if (key === 'partition_name' && startsWithoutIndex(partition, value)) {
        problems.warn(
          number,
          'SCATTER_KEY_MISSING',
          `The partition '${value}' has no partition_index before its name.`,
        );
        partition = openPartition(number);
        target = partition;
      }
      target.add(key, value, number);
    }
  }
  return outline;
}

/** Whether a name begins a new partition although no `partition_index` announced it. */
function startsWithoutIndex(partition: ScatterBlock | undefined, name: string): boolean {
  if (!partition) return true;
  const before = partition.entry('partition_name')?.value;
  return before !== undefined && before.toLowerCase() !== name.toLowerCase();
}

function parseLine(line: string): { key: string; value: string } | 'blank' | 'unreadable' {
  const bare = line.trim();
  // `---` and `...` begin and end a YAML document.
  if (bare === '' || bare.startsWith('#') || bare === '---' || bare === '...' || bare === '-') return 'blank';
  const colon = bare.indexOf(':');
  if (colon < 0) return 'unreadable';
  const head = bare.slice(0, colon).trim();
  const key = unquote((head.startsWith('-') ? head.slice(1) : head).trim()).toLowerCase();
  if (!/^[a-z_][a-z0-9_]*$/.test(key)) return 'unreadable';
  let value = bare.slice(colon + 1).trim();
  if (value.startsWith('"') || value.startsWith("'")) {
    value = unquote(value);
  } else {
    const comment = value.search(/\s#|^#/);
    if (comment >= 0) value = value.slice(0, comment).trim();
  }
  return { key, value };
}

function unquote(value: string): string {
  const quote = value[0];
  if (quote !== '"' && quote !== "'") return value;
  const end = value.indexOf(quote, 1);
  return end < 0 ? value.slice(1).trim() : value.slice(1, end).trim();
}
