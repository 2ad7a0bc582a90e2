import { latin1 } from '../../wire/index.js';

const KEPT_LINES = 20;
const LONGEST_LINE = 400;
/** A log frame starts with a 32-bit priority, which is always 1. */
const PRIORITY_BYTES = 4;

/**
 * The agent's own words: log frames hold one line, several lines or part of one. Keeps the last lines as evidence for
 * errors, so that "the phone went silent" can say what it said last.
 */
export class AgentLog {
  readonly #onNote: ((message: string) => void) | undefined;
  readonly #lines: string[] = [];
  #open = '';

  constructor(onNote?: (message: string) => void) {
    this.#onNote = onNote;
  }

  /** Payload of a log frame. */
  add(payload: Uint8Array): void {
    const pieces = (this.#open + printable(latin1(payload.subarray(PRIORITY_BYTES)))).split('\n');
    this.#open = pieces.pop() as string;
    for (const piece of pieces) this.#line(piece);
    if (this.#open.length > LONGEST_LINE) {
      this.#line(this.#open);
      this.#open = '';
    }
  }

  /** The last lines as evidence sentences, oldest first; empty when the agent never spoke. */
  evidence(count = 5): string[] {
    const last = this.#open ? [...this.#lines, this.#open.trim()] : this.#lines;
    return last.slice(-count).map((line) => `the agent's log: ${line}`);
  }

  #line(text: string): void {
    const line = text.trim().slice(0, LONGEST_LINE);
    if (!line) return;
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    this.#onNote?.(`agent: ${line}`);
  }
}

/** The text goes to terminals and web pages: nothing but printable ASCII and line ends may pass. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\n]/g, (character) => (character === '\r' || character === '\t' ? ' ' : '?'));
}
