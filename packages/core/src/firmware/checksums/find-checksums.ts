import { UnbrickError } from '../../errors/unbrick-error.js';
import { type FileLookup, folderOf, nameOf } from '../file-lookup.js';
import type { FolderSource } from '../source.js';
import { parseChecksumIni } from './checksum-ini.js';
import type { ChecksumList } from './checksum-list.js';
import { parseChecksumXml } from './checksum-xml.js';
import { parseDigestList } from './digest-list.js';

/** Larger files are no lists. */
const LIST_LIMIT = 4 << 20;
const MOST_LISTS = 200;

const INI = /^checksum\.ini$/i;
const XML = /^scatter_checksum\.xml$/i;
const DIGESTS = /^((md5|sha1|sha256)(sums?)?(\.txt)?|.*\.(md5|sha1|sha256)(sum)?)$/i;

/** Whether a file of this name is a list of checksums. */
export function isChecksumList(path: string): boolean {
  const name = nameOf(path);
  return INI.test(name) || XML.test(name) || DIGESTS.test(name);
}

/**
 * Reads the lists of checksums that a package brings beside its scatter file or above it.
 * @param fileOf the image of a partition, by the partition's name in any case
 */
export async function findChecksums(
  folder: FolderSource,
  lookup: FileLookup,
  home: string,
  fileOf: (partition: string) => string | undefined,
): Promise<ChecksumList[]> {
  const lists: ChecksumList[] = [];
  const near = new Set([home, folderOf(home)]);
  const paths = [...lookup.paths].filter((path) => isChecksumList(path) && near.has(folderOf(path)));
  for (const path of paths.slice(0, MOST_LISTS)) {
    const resolve = (name: string) => lookup.resolve(folderOf(path), name);
    try {
      const source = await folder.open(path);
      if (source.size > LIST_LIMIT) continue;
      const bytes = await source.read(0, source.size);
      const text = () => new TextDecoder().decode(bytes);
      if (INI.test(nameOf(path))) lists.push(parseChecksumIni(path, text(), fileOf));
      else if (XML.test(nameOf(path))) lists.push(parseChecksumXml(path, bytes, resolve));
      else lists.push(parseDigestList(path, text(), resolve));
    } catch (cause) {
      if (!(cause instanceof UnbrickError)) throw cause;
      lists.push({ path, checksums: [], problems: [cause.message] });
    }
  }
  return lists;
}
