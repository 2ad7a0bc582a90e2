import { type ChecksumList, type ListedChecksum, MOST_PROBLEMS } from './checksum-list.js';

/**
 * Reads a Checksum.ini: a switch and one sum a partition. See docs/protocol/images.md, "Checksums".
 * @param fileOf the image of a partition by the partition's name, undefined when it has none
 */
export function parseChecksumIni(
  path: string,
  text: string,
  fileOf: (partition: string) => string | undefined,
): ChecksumList {
  const checksums: ListedChecksum[] = [];
  const problems: string[] = [];
  let section = '';
  let enabled = true;
  text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .forEach((raw, index) => {
      const line = raw.trim();
      if (line === '' || /^[;#]/.test(line)) return;
      const head = /^\[([^\]]*)\]$/.exec(line);
      if (head) {
        section = (head[1] as string).trim().toLowerCase();
        return;
      }
      const [, key, value] = /^([^=]+?)\s*=\s*(.*?)$/.exec(line) ?? [];
      if (key === undefined || value === undefined) {
        problems.push(`line ${index + 1} is not of the form name=value`);
      } else if (/^checksum_switch$/i.test(key)) {
        enabled = value !== '0';
      } else if (section === 'checksum') {
        const digits = /^0x([0-9a-f]{1,8})$/i.exec(value)?.[1];
        const file = fileOf(key);
        if (digits === undefined) problems.push(`line ${index + 1}: the checksum of ${key.slice(0, 64)} is no number`);
        else if (file !== undefined) checksums.push({ path: file, method: 'sum', value: bare(digits) });
      }
    });
  return { path, checksums: enabled ? checksums : [], problems: problems.slice(0, MOST_PROBLEMS) };
}

function bare(digits: string): string {
  return digits.toLowerCase().replace(/^0+(?=.)/, '');
}
