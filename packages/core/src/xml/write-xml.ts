import { XML_FORBIDDEN, XML_NAME } from './xml-characters.js';
import { XmlError } from './xml-error.js';

/** One element to write: text or children. */
export interface XmlOutput {
  name: string;
  attributes?: Readonly<Record<string, string>>;
  content?: string | readonly XmlOutput[];
}

export interface XmlWriteOptions {
  /** Spaces a level; each element then has a line, and the last line ends too. Without it everything is one line. */
  indent?: number;
}

const DECLARATION = '<?xml version="1.0" encoding="utf-8"?>';

/**
 * A whole document with its declaration, UTF-8, line ends LF. Texts and attribute values are escaped so that they are read
 * back as they were; a text keeps to one line of the document unless it has line ends itself.
 * @throws XmlError (line 1) for names and characters that no XML text can hold
 */
export function writeXml(root: XmlOutput, { indent }: XmlWriteOptions = {}): string {
  if (indent === undefined) return DECLARATION + element(root, '', '', 0);
  return `${DECLARATION}\n${element(root, '\n', '', indent)}\n`;
}

function element(
  { name, attributes = {}, content = '' }: XmlOutput,
  end: string,
  margin: string,
  indent: number,
): string {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${checkedName(key)}="${attributeText(value)}"`);
  const open = `${margin}<${checkedName(name)}${pairs.join('')}>`;
  if (typeof content === 'string') return `${open}${escapeXml(content)}</${name}>`;
  const inner = content.map((each) => element(each, end, margin + ' '.repeat(indent), indent) + end);
  return `${open}${end}${inner.join('')}${margin}</${name}>`;
}

/** `text` as character data. @throws XmlError for characters that no XML text can hold */
export function escapeXml(text: string): string {
  const bad = XML_FORBIDDEN.exec(text);
  if (bad) throw new XmlError(`the character at ${bad.index} cannot be written in XML`, 1);
  return text.replace(/[&<>"'\r]/g, (character) => ESCAPES[character] as string);
}

/** In attribute values line ends and tabs would be read back as blanks. */
function attributeText(value: string): string {
  return escapeXml(value).replace(/[\n\t]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
};

function checkedName(name: string): string {
  XML_NAME.lastIndex = 0;
  if (XML_NAME.exec(name)?.[0] === name) return name;
  throw new XmlError(`"${name}" cannot be a name in XML`, 1);
}
