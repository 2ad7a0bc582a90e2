import { type ChecksumList, type ChecksumMethod, type ListedChecksum, MOST_PROBLEMS } from './checksum-list.js';

const METHOD_BY_DIGITS: Readonly<Record<number, ChecksumMethod>> = { 32: 'md5', 40: 'sha1', 64: 'sha256' };

/**
 * Reads a list as md5sum and its relatives write it: `<digits>  <file>`, also `<digits> *<file>` and `MD5 (<file>) = <digits>`.
 * A file of one digest alone stands for the file it is called after: `boot.img.md5`.
 * @param resolve the path of a file as the list names it
 */
export function parseDigestList(
  path: string,
  text: string,
  resolve: (fileName: string) => string | undefined,
): ChecksumList {
  const checksums: ListedChecksum[] = [];
  const problems: string[] = [];
  text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .forEach((raw, index) => {
      const line = raw.trim();
      if (line === '' || line.startsWith('#') || line.startsWith(';')) return;
      const plain = /^\\?([0-9a-f]{32,64})(?:\s+\*?(.*))?$/i.exec(line);
      const bsd = /^(?:MD5|SHA1|SHA256)\s*\((.*)\)\s*=\s*([0-9a-f]{32,64})$/i.exec(line);
      const digits = (plain?.[1] ?? bsd?.[2])?.toLowerCase();
      const method = digits === undefined ? undefined : METHOD_BY_DIGITS[digits.length];
      if (digits === undefined || method === undefined) {
        problems.push(`line ${index + 1} is no checksum and file name`);
        return;
      }
      const name = (plain ? plain[2] : bsd?.[1])?.trim() || path.replace(/\.(md5|sha1|sha256)(sum)?$/i, '');
      const found = resolve(name);
      if (found !== undefined && found !== path) checksums.push({ path: found, method, value: digits });
    });
  return { path, checksums, problems: problems.slice(0, MOST_PROBLEMS) };
}
