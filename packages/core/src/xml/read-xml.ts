import { decodeXml } from './decode-xml.js';
import { XML_FORBIDDEN, XML_NAME, xmlReference } from './xml-characters.js';
import type { XmlElement } from './xml-element.js';
import { XmlError } from './xml-error.js';

/** What a document may cost. */
export interface XmlLimits {
  /** Bytes of input, or characters of a text. */
  length?: number;
  /** Elements inside each other. */
  depth?: number;
  /** Elements and attributes together. */
  nodes?: number;
}

const LIMITS: Required<XmlLimits> = { length: 4 << 20, depth: 64, nodes: 200_000 };
/** Names of elements and attributes, characters. */
const LONGEST_NAME = 256;
/** The longest reference is `&#x10FFFF;`, with room for leading zeros. */
const LONGEST_REFERENCE = 16;

/**
 * Reads an XML document in time linear to its length. Strict where a mistake could hide damage (tags must match, attributes
 * must be quoted and unique, one root), and closed to what hostile documents use: DOCTYPE and entities beyond the five
 * predefined and numeric ones are refused. Comments and processing instructions are skipped; CDATA is text; line ends become
 * LF.
 * @throws XmlError, and nothing else
 */
export function readXml(source: string | Uint8Array, limits: XmlLimits = {}): XmlElement {
  const bounds = { ...LIMITS, ...limits };
  if (source.length > bounds.length) {
    throw new XmlError(`the document is too large: ${source.length} of at most ${bounds.length}`, 1);
  }
  const decoded = typeof source === 'string' ? source : decodeXml(source);
  return new XmlReader(decoded.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n'), bounds).read();
}

interface OpenElement extends XmlElement {
  attributes: Map<string, string>;
  children: OpenElement[];
}

class XmlReader {
  readonly #text: string;
  readonly #bounds: Required<XmlLimits>;
  readonly #open: OpenElement[] = [];
  /** Character data of each open element so far. Joined at its end, so that many small runs cost no more than one. */
  readonly #runs: string[][] = [];
  #root: OpenElement | undefined;
  #at = 0;
  #nodes = 0;
  /** The position whose line is known, and the line: lines are counted once, on the way. */
  #counted = 0;
  #line = 1;

  constructor(text: string, bounds: Required<XmlLimits>) {
    this.#text = text;
    this.#bounds = bounds;
  }

  read(): XmlElement {
    const bad = XML_FORBIDDEN.exec(this.#text);
    if (bad) this.#failAt(bad.index, `the character ${codePoint(bad[0])}, which no XML text may hold`);
    while (this.#at < this.#text.length) {
      if (this.#text[this.#at] !== '<') this.#characters();
      else if (this.#skips('<!--')) this.#past('-->', 'a comment');
      else if (this.#skips('<![CDATA[')) this.#cdata();
      else if (this.#skips('<?')) this.#past('?>', 'a processing instruction');
      else if (this.#skips('</')) this.#close();
      else if (this.#skips('<!')) this.#fail('a DOCTYPE or another declaration, which is not accepted');
      else this.#element();
    }
    const unclosed = this.#open.at(-1);
    if (unclosed) this.#fail(`the text ends inside <${unclosed.name}> of line ${unclosed.line}`);
    if (!this.#root) this.#fail('there is no element');
    return this.#root;
  }

  #characters(): void {
    const start = this.#at;
    const end = this.#text.indexOf('<', start);
    const run = this.#text.slice(start, end < 0 ? undefined : end);
    const runs = this.#runs.at(-1);
    if (runs) {
      const mark = run.indexOf(']]>');
      if (mark >= 0) this.#failAt(start + mark, '"]]>" in text');
      runs.push(this.#resolved(run, start));
    } else if (run.trim() !== '') {
      this.#failAt(start + run.search(/\S/), 'text outside of the document’s element');
    }
    this.#at = start + run.length;
  }

  #cdata(): void {
    const runs = this.#runs.at(-1);
    if (!runs) this.#fail('CDATA outside of the document’s element');
    runs.push(this.#past(']]>', 'a CDATA section'));
  }

  #element(): void {
    const line = this.#lineOf(this.#at++);
    const parent = this.#open.at(-1);
    if (!parent && this.#root) this.#fail('a second element beside the document’s own');
    const element: OpenElement = {
      name: this.#name('an element name'),
      attributes: new Map(),
      children: [],
      text: '',
      line,
    };
    this.#count();
    for (;;) {
      const spaced = this.#space();
      if (this.#skips('/>') || this.#skips('>')) break;
      if (!spaced) this.#fail(`<${element.name}> is not closed by ">"`);
      this.#attribute(element);
    }
    if (parent) parent.children.push(element);
    else this.#root = element;
    if (this.#text[this.#at - 2] === '/') return;
    if (this.#open.length >= this.#bounds.depth)
      this.#fail(`more than ${this.#bounds.depth} elements inside each other`);
    this.#open.push(element);
    this.#runs.push([]);
  }

  #attribute(element: OpenElement): void {
    const name = this.#name(`an attribute of <${element.name}>`);
    this.#count();
    this.#space();
    if (!this.#skips('=')) this.#fail(`the attribute ${name} has no value`);
    this.#space();
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") this.#fail(`the value of ${name} is not quoted`);
    const start = ++this.#at;
    const value = this.#past(quote, `the value of ${name}`);
    const tag = value.indexOf('<');
    if (tag >= 0) this.#failAt(start + tag, `"<" in the value of ${name}`);
    if (element.attributes.has(name)) this.#fail(`the attribute ${name} is there twice`);
    element.attributes.set(name, this.#resolved(value.replace(/[\n\t]/g, ' '), start));
  }

  #close(): void {
    const name = this.#name('the name of a closing tag');
    this.#space();
    if (!this.#skips('>')) this.#fail(`</${name} is not closed by ">"`);
    const element = this.#open.pop();
    if (!element) this.#fail(`</${name}> closes nothing`);
    if (element.name !== name) this.#fail(`</${name}> where <${element.name}> of line ${element.line} is open`);
    element.text = (this.#runs.pop() as string[]).join('');
  }

  /** The run with its references replaced. `start` is where it stands. */
  #resolved(run: string, start: number): string {
    if (!run.includes('&')) return run;
    return run.replace(/&([^;&]{0,16};?)/g, (_, found: string, offset: number) => {
      const body = found.slice(0, -1);
      const meaning = found.endsWith(';') && found.length <= LONGEST_REFERENCE ? xmlReference(body) : undefined;
      if (meaning === undefined) {
        this.#failAt(start + offset, `"&${found.split(/\s/, 1)[0]}" is not a reference that is accepted`);
      }
      return meaning;
    });
  }

  #name(what: string): string {
    XML_NAME.lastIndex = this.#at;
    const name = XML_NAME.exec(this.#text)?.[0];
    if (name === undefined) this.#fail(`${what} was expected`);
    if (name.length > LONGEST_NAME) this.#fail(`a name of ${name.length} characters`);
    this.#at += name.length;
    return name;
  }

  #space(): boolean {
    const start = this.#at;
    while (/[ \t\n]/.test(this.#text[this.#at] ?? '')) this.#at++;
    return this.#at > start;
  }

  #skips(mark: string): boolean {
    if (!this.#text.startsWith(mark, this.#at)) return false;
    this.#at += mark.length;
    return true;
  }

  /** What stands before the end mark; goes on behind it. */
  #past(mark: string, what: string): string {
    const end = this.#text.indexOf(mark, this.#at);
    if (end < 0) this.#fail(`${what} does not end`);
    const inside = this.#text.slice(this.#at, end);
    this.#at = end + mark.length;
    return inside;
  }

  #count(): void {
    if (++this.#nodes > this.#bounds.nodes) this.#fail(`more than ${this.#bounds.nodes} elements and attributes`);
  }

  #lineOf(position: number): number {
    for (;;) {
      const end = this.#text.indexOf('\n', this.#counted);
      if (end < 0 || end >= position) return this.#line;
      this.#counted = end + 1;
      this.#line++;
    }
  }

  #fail(reason: string): never {
    this.#failAt(this.#at, reason);
  }

  #failAt(position: number, reason: string): never {
    throw new XmlError(reason, this.#lineOf(position));
  }
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}`;
}
