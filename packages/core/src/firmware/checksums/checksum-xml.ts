import { readXml, type XmlElement, XmlError, xmlChild } from '../../xml/index.js';
import { type ChecksumList, type ChecksumMethod, type ListedChecksum, MOST_PROBLEMS } from './checksum-list.js';

const METHODS: Readonly<Record<string, ChecksumMethod>> = {
  ADD: 'sum',
  MD5: 'md5',
  SHA1: 'sha1',
  'SHA-1': 'sha1',
  SHA256: 'sha256',
  'SHA-256': 'sha256',
  CRC32: 'crc32',
};

/**
 * Reads a scatter_checksum.xml: one checksum a file name. See docs/protocol/images.md, "Checksums".
 * @param resolve the path of a file as the list names it
 */
export function parseChecksumXml(
  path: string,
  bytes: Uint8Array,
  resolve: (fileName: string) => string | undefined,
): ChecksumList {
  let root: XmlElement;
  try {
    root = readXml(bytes);
  } catch (cause) {
    if (cause instanceof XmlError) return { path, checksums: [], problems: [`it is no valid XML: ${cause.message}`] };
    throw cause;
  }
  const images = xmlChild(root, 'images');
  const checksums: ListedChecksum[] = [];
  const problems: string[] = images ? [] : ['it has no list of images'];
  for (const file of images?.children ?? []) {
    const name = file.attributes.get('name')?.trim();
    const method = file.attributes.get('chk_method')?.trim().toUpperCase() ?? 'ADD';
    const digits = /^(?:0x)?([0-9a-f]{1,64})$/i.exec(file.attributes.get('checksum')?.trim() ?? '')?.[1];
    const known = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
    if (name === undefined || digits === undefined) problems.push(`line ${file.line} names no file or no checksum`);
    else if (!known) problems.push(`line ${file.line}: the method '${method.slice(0, 20)}' is not known`);
    else {
      const found = resolve(name);
      const value = known === 'sum' ? digits.toLowerCase().replace(/^0+(?=.)/, '') : digits.toLowerCase();
      if (found !== undefined) checksums.push({ path: found, method: known, value });
    }
  }
  return { path, checksums, problems: problems.slice(0, MOST_PROBLEMS) };
}
