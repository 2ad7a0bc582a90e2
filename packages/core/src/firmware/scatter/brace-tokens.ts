import type { ScatterProblems } from './scatter-problems.js';

/** `NAME 0xADDRESS { }` as it stands in the file. */
export interface BraceBlock {
  name: string;
  /** The address as written. */
  address: string;
  /** Line of the name, from 1. */
  line: number;
}

interface Token {
  text: string;
  line: number;
}

/**
 * Divides a scatter file of the oldest form into its blocks. Line ends and blanks are free, also none before a brace.
 * Never fails: what does not fit is told and skipped.
 */
export function readBraceBlocks(text: string, problems: ScatterProblems): BraceBlock[] {
  const blocks: BraceBlock[] = [];
  let pending: Token[] = [];
  let open: Token | undefined;
  for (const token of tokens(text)) {
    if (open) {
      if (token.text === '}') {
        open = undefined;
      } else if (isStray(token)) {
        problems.warn(
          token.line,
          'SCATTER_LINE_UNREADABLE',
          `'${token.text.slice(0, 40)}' stands between braces that are empty in files of this form; it has no effect.`,
        );
      } else {
        problems.tell(open.line, true, 'SCATTER_BRACE_MISSING', 'A brace that is opened here is not closed.');
        open = undefined;
        pending = token.text === '{' ? [] : [token];
      }
    } else if (token.text === '{') {
      const block = blockOf(pending, problems);
      if (block) blocks.push(block);
      pending = [];
      open = token;
    } else if (token.text === '}') {
      problems.warn(token.line, 'SCATTER_BRACE_MISSING', 'A brace is closed here that was not opened.');
    } else {
      pending.push(token);
    }
  }
  if (open) problems.warn(open.line, 'SCATTER_BRACE_MISSING', 'The last brace is not closed: the file may be cut off.');
  if (pending.length > 0) {
    const [first] = pending as [Token];
    const shown = pending.map((each) => each.text).join(' ');
    const message = `'${shown.slice(0, 40)}' at the end has no braces: the file may be cut off.`;
    problems.tell(first.line, true, 'SCATTER_BRACE_MISSING', message);
  }
  return blocks;
}

/** A word between braces that does not begin the next block: neither a brace nor a name with capitals as all names have. */
function isStray({ text }: Token): boolean {
  return text !== '{' && !/^[A-Z_][A-Z0-9_]*$/.test(text);
}

/** The last two words before a brace count; what stands before them is not understood. */
function blockOf(words: readonly Token[], problems: ScatterProblems): BraceBlock | undefined {
  const [name, address] = words.slice(-2);
  for (const stray of words.slice(0, -2)) {
    const message = `'${stray.text.slice(0, 40)}' is neither a name nor an address of this form.`;
    problems.tell(stray.line, true, 'SCATTER_LINE_UNREADABLE', message);
  }
  if (name && address) return { name: name.text, address: address.text, line: name.line };
  if (name) {
    problems.tell(
      name.line,
      true,
      'SCATTER_LINE_UNREADABLE',
      `'${name.text.slice(0, 40)}' stands alone before a brace; a name and an address belong there.`,
    );
  }
  return undefined;
}

function* tokens(text: string): Generator<Token> {
  const lines = text.split(/\r\n|\r|\n/);
  for (let i = 0; i < lines.length; i++) {
    const line = (lines[i] as string).replace(/(#|\/\/).*$/, '');
    for (const [word] of line.matchAll(/[{}]|[^\s{}]+/g)) yield { text: word, line: i + 1 };
  }
}
