/** Makes text of any script fit the columns of a terminal. */

const ESCAPE = '\u001b';
const COLOUR_CODE = new RegExp(`(${ESCAPE}\\[\\d+m)`);
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

/** Breaks a sentence between words, never inside a command in backquotes: that is to be copied. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.match(/`[^`]+`\S*|\S+/g) ?? []) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && displayWidth(longer) > columns) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return line === '' ? lines : [...lines, line];
}
