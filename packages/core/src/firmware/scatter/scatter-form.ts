import { UnbrickError } from '../../errors/unbrick-error.js';
import { containerByContent } from '../container.js';
import { isZip } from '../zip/is-zip.js';

/** Real scatter files have at most some 60 KiB. */
const SIZE_LIMIT = 4 << 20;

/**
 * A scatter file's text: UTF-8, or UTF-16 as Windows editors save it; without byte order mark and trailing NULs. Comments in
 * older encodings become replacement characters: they never swallow a line end.
 */
export function decodeScatter(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes);
  let end = bytes.length;
  if (encoding === 'utf-8') while (end > 0 && bytes[end - 1] === 0) end--;
  return new TextDecoder(encoding).decode(bytes.subarray(0, end));
}

function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first, second, third, fourth] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  // Without a byte order mark: ASCII characters with a NUL after or before each.
  if (first !== 0 && second === 0 && third !== 0 && fourth === 0) return 'utf-16le';
  if (first === 0 && second !== 0 && third === 0 && fourth !== 0) return 'utf-16be';
  return 'utf-8';
}

/** A scatter file's text and which of the three forms it has. */
export interface ScatterText {
  form: 'brace' | 'text' | 'xml';
  text: string;
}

/**
 * The text of a scatter file and its form.
 * @throws UnbrickError `SCATTER_UNREADABLE` for what is no scatter file
 */
export function scatterText(fileName: string, bytes: Uint8Array): ScatterText {
  if (bytes.length > SIZE_LIMIT) {
    throw unreadable(fileName, 'is far too large for a scatter file', [`${bytes.length} bytes`]);
  }
  if (isZip(bytes)) {
    const next = 'Name the archive itself as the firmware: zip archives are read without unpacking them.';
    throw unreadable(fileName, 'is a zip archive, not a scatter file', [], [next]);
  }
  const container = containerByContent(bytes);
  if (container) throw unreadable(fileName, `is ${container.what}, not a scatter file`, [], [container.next]);
  const text = decodeScatter(bytes);
  const start = text.trimStart().slice(0, 2000).toLowerCase();
  if (start === '') {
    throw unreadable(fileName, bytes.length === 0 ? 'is empty' : 'holds nothing but blanks', [`${bytes.length} bytes`]);
  }
  if (start.startsWith('<')) return { form: 'xml', text: scatterMarkup(fileName, text, start) };
  if (/^[ \t]*(-[ \t]*)?(partition_index|partition_name)[ \t]*:/im.test(text)) return { form: 'text', text };
  if (/^[ \t]*[A-Za-z_]\w*[ \t]+0x[0-9a-f]+\s*\{/im.test(text)) return { form: 'brace', text };
  throw refuseOtherText(fileName, text);
}

function scatterMarkup(fileName: string, text: string, start: string): string {
  if (/<!doctype html|<html|<head|<body/.test(start)) {
    throw unreadable(
      fileName,
      'is a web page: the page was saved instead of the file it links to',
      ['it begins with HTML'],
      ['Download the file again and look that the download itself starts, not only its page.'],
    );
  }
  if (/MTK_PLATFORM_CFG|<partition_index/i.test(text)) return text;
  if (/<scatter>[^<]*<\/scatter>/i.test(text)) {
    throw unreadable(
      fileName,
      'is the entry file of a package for SP Flash Tool 6, which only names the scatter file',
      [],
      ['Name the folder of the whole package; its scatter file is found from there.'],
    );
  }
  throw unreadable(fileName, 'is an XML file, but not a scatter file', [
    'it has neither MTK_PLATFORM_CFG nor partition_index in it',
  ]);
}

function refuseOtherText(fileName: string, text: string): UnbrickError {
  const lines = text.split(/\r\n|\r|\n/);
  const offsets = lines.filter((line) => /^\s*[\w/-]+(\s+0x[0-9a-f]+){1,3}\s*$/i.test(line.slice(0, 200)));
  if (offsets.length >= 2) {
    return unreadable(
      fileName,
      'is the list of offsets from an over-the-air update, not a scatter file',
      [`${offsets.length} lines like '${(offsets[0] as string).trim()}'`],
      ['An OTA update cannot be flashed over USB. Get the full firmware, the one for SP Flash Tool.'],
    );
  }
  const sample = text.slice(0, 4096);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells binary data from text
  const strange = sample.match(/[\u0000-\u0008\u000e-\u001f\ufffd]/g)?.length ?? 0;
  if (strange * 20 > sample.length) {
    return unreadable(fileName, 'is binary data, not a scatter file', [
      `${strange} of its first ${sample.length} characters are no text`,
    ]);
  }
  if (/MTK_PLATFORM_CFG/i.test(text)) {
    return unreadable(fileName, 'is a scatter file without its list of partitions', ['no partition_index in it']);
  }
  return unreadable(fileName, 'is a text, but not a scatter file', [
    'neither MTK_PLATFORM_CFG nor partition_index in it',
  ]);
}

/** What is wrong with a file that is no scatter file. `what` continues "FILE …". */
export function unreadable(fileName: string, what: string, evidence: string[], next?: string[]): UnbrickError {
  return new UnbrickError({
    code: 'SCATTER_UNREADABLE',
    stage: 'firmware',
    message: `${fileName} ${what}.`,
    evidence,
    next: next ?? [
      'Name the scatter file of the firmware, usually MTxxxx_Android_scatter.txt, or the folder it lies in.',
      'Download or unpack the firmware again and compare its checksum.',
    ],
  });
}
