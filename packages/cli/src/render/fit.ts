/** Makes text of any script fit the columns of a terminal. */

const ESCAPE = '\u001b';
const COLOUR_CODE = new RegExp(`(${ESCAPE}\\[\\d+m)`, 'g');
/** Signs that stand above or below the one before them, as in Hindi, and others that take no place. */
const NO_PLACE = /[\p{Mn}\p{Me}\p{Cf}]/gu;
const GRAPHEMES = new Intl.Segmenter();

/** Columns that a text without colour codes takes; East Asian scripts, whose letters take two, are not among our languages. */
export function displayWidth(text: string): number {
  return [...text.replace(NO_PLACE, '')].length;
}

/** Cuts a line with colour codes to `columns`, so that it never wraps. */
export function clip(text: string, columns: number): string {
  let left = columns;
  let result = '';
  for (const part of text.split(COLOUR_CODE)) {
    if (part.startsWith(ESCAPE)) {
      result += part;
      continue;
    }
    for (const { segment } of GRAPHEMES.segment(part)) {
      left -= displayWidth(segment);
      if (left < 0) break;
      result += segment;
    }
  }
  return result;
}

/** A sign or a label (`next:`, `o bien:`, `vu :`) at the beginning of a line; what follows lines up behind it. */
const LABEL = /^ *(?:[^\p{L}\p{N}\s] |[\p{L}\p{M}]+(?: [\p{L}\p{M}]+)? ?: )?/u;
/** A label longer than this is the beginning of a sentence. */
const LONGEST_LABEL = 16;

/**
 * Breaks a line with colour codes between words where it is too long, never inside a command in backquotes: that is to be
 * copied. What comes lower lines up behind the sign or label.
 */
export function fold(text: string, columns: number): string[] {
  const plain = withoutColours(text);
  if (displayWidth(plain) <= columns) return [text];
  const [label = ''] = LABEL.exec(plain) ?? [];
  const width = displayWidth(label);
  const indent = ' '.repeat(width > 0 && width <= LONGEST_LABEL ? width : 2);
  const lines: string[] = [];
  let line = '';
  for (const part of text.match(/ *(?:`[^`]+`[^ ]*|[^ ]+)/g) ?? []) {
    const longer = line + part;
    const fits = displayWidth(withoutColours(longer)) <= columns;
    if (fits || displayWidth(withoutColours(line)) <= indent.length) {
      line = longer;
    } else {
      lines.push(line);
      line = indent + part.trimStart();
    }
  }
  return [...lines, line];
}

function withoutColours(text: string): string {
  return text.replaceAll(COLOUR_CODE, '');
}
