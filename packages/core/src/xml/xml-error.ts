/** A text that is not the XML this program reads or writes. Callers wrap it into an error for people. */
export class XmlError extends Error {
  /** Line of the text, from 1. */
  readonly line: number;
  /** What is wrong, without the line. */
  readonly reason: string;

  constructor(reason: string, line: number) {
    super(`line ${line}: ${reason}`);
    this.name = 'XmlError';
    this.reason = reason;
    this.line = line;
  }
}
