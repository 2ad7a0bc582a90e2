import { XmlError } from './xml-error.js';

/** Encodings beside UTF-8 that firmware files were seen in; everything else is refused by name. */
const ENCODINGS = ['utf-8', 'us-ascii', 'iso-8859-1', 'windows-1252', 'gb2312', 'gbk', 'gb18030'];

/**
 * Bytes to text: by byte order mark, else by the encoding the XML declaration names, else UTF-8. NULs at the end are dropped.
 * @throws XmlError for an unknown encoding or bytes that do not fit it
 */
export function decodeXml(bytes: Uint8Array): string {
  const encoding = markedEncoding(bytes) ?? declaredEncoding(bytes);
  let end = bytes.length;
  // In UTF-16 a NUL is half of a letter.
  if (!encoding.startsWith('utf-16')) while (end > 0 && bytes[end - 1] === 0) end--;
  const content = bytes.subarray(0, end);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(content);
  } catch {
    const line =
      new TextDecoder(encoding)
        .decode(content)
        .split('\ufffd', 1)[0]
        ?.split(/\r\n?|\n/).length ?? 1;
    throw new XmlError(`bytes that are not ${encoding.toUpperCase()} text`, line);
  }
}

function markedEncoding(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  return undefined;
}

/** Longest XML declaration that is looked at, in bytes. */
const DECLARATION = 200;

function declaredEncoding(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, DECLARATION));
  const name = /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([^"'>]*)["']/.exec(start)?.[1];
  if (name === undefined) return 'utf-8';
  const label = name.trim().toLowerCase();
  if (label === 'utf8' || label === '') return 'utf-8';
  if (!ENCODINGS.includes(label)) throw new XmlError(`the encoding "${name.slice(0, 40)}" is not known`, 1);
  return label;
}
