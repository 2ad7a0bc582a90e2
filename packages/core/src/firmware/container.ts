import { UnbrickError } from '../errors/unbrick-error.js';
import { ascii } from '../wire/index.js';

/** A download that holds a firmware, or is none for a MediaTek phone, in a form this program does not open. */
export interface Container {
  /** `a rar archive` */
  what: string;
  /** What to do with it. */
  next: string;
}

interface Known extends Container {
  /** First bytes, or bytes at a place. */
  magic?: { bytes: readonly number[]; at?: number };
  name?: RegExp;
}

const UNPACK = 'Unpack it with 7-Zip and name the folder it makes.';
const MAKERS_TOOL = 'It is no MediaTek format: it has to be unpacked with a tool for packages of that maker first.';
const FULL_FIRMWARE =
  'An over-the-air update cannot be flashed over USB. Get the full firmware, the one for SP Flash Tool.';

const text = (value: string, at = 0) => ({ bytes: [...ascii(value)], at });

/** By content first: names lie more often. */
const KNOWN: readonly Known[] = [
  { magic: text('OPPOENCRYPT!'), name: /\.ozip$/i, what: 'an encrypted OPPO/realme update', next: MAKERS_TOOL },
  { name: /\.(ofp|ops)$/i, what: 'an encrypted OPPO/realme package', next: MAKERS_TOOL },
  {
    // "BP_R" in UTF-16, the version of the package format.
    magic: { bytes: [0x42, 0, 0x50, 0, 0x5f, 0, 0x52, 0] },
    name: /\.pac$/i,
    what: 'a Spreadtrum/Unisoc package, for phones without a MediaTek chip',
    next: 'Check which chip the phone has; a PAC file is never for MediaTek.',
  },
  { magic: text('Rar!\x1a\x07'), name: /\.rar$/i, what: 'a rar archive', next: UNPACK },
  {
    magic: { bytes: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c] },
    name: /\.7z(\.\d{3})?$/i,
    what: 'a 7z archive',
    next: UNPACK,
  },
  {
    magic: text('CrAU'),
    name: /(^|\/)payload\.bin$/i,
    what: 'the payload of an over-the-air update',
    next: FULL_FIRMWARE,
  },
  {
    name: /\.new\.dat(\.br)?$|(^|\/)META-INF\/com\/google\/android\//i,
    what: 'a part of an over-the-air update',
    next: FULL_FIRMWARE,
  },
  { name: /\.(tgz|tar\.gz)$/i, what: 'a compressed tar archive', next: UNPACK },
  { magic: { bytes: [0x1f, 0x8b] }, name: /\.gz$/i, what: 'a gzip archive', next: UNPACK },
  { magic: { bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0] }, name: /\.xz$/i, what: 'an xz archive', next: UNPACK },
  { magic: text('BZh'), name: /\.bz2$/i, what: 'a bzip2 archive', next: UNPACK },
  { magic: { bytes: [0x28, 0xb5, 0x2f, 0xfd] }, name: /\.zst$/i, what: 'a Zstandard archive', next: UNPACK },
  { magic: text('ustar', 257), name: /\.tar(\.md5)?$/i, what: 'a tar archive', next: UNPACK },
  { name: /\.(zip|z)\.?\d{2,3}$/i, what: 'one part of a split archive', next: UNPACK },
  {
    name: /\.zip$/i,
    what: 'a zip archive',
    next: 'Name the archive itself: zip archives are read without being unpacked. If it lies inside another archive, unpack that one first.',
  },
  { name: /\.(kdz|dz)$/i, what: 'an LG package', next: MAKERS_TOOL },
  { name: /\.(sin|ftf)$/i, what: 'a Sony package', next: MAKERS_TOOL },
  { name: /\.nb0$/i, what: 'a Nokia/FIH package', next: MAKERS_TOOL },
  { name: /\.cpb$/i, what: 'a Coolpad package', next: MAKERS_TOOL },
  { name: /\.(qmp|cpio|zxq)$/i, what: 'a package in its maker’s own format', next: MAKERS_TOOL },
  {
    name: /\.exe$/i,
    what: 'a Windows program, perhaps a self-extracting firmware',
    next: 'If it is the firmware, unpack it with 7-Zip or on Windows first.',
  },
  { magic: text('%PDF'), what: 'a PDF document', next: 'Name the firmware itself.' },
];

/** By its content: what this file is, when it is a container that this program does not open. 512 bytes suffice. */
export function containerByContent(head: Uint8Array): Container | undefined {
  return KNOWN.find(({ magic }) => {
    if (!magic) return false;
    const { bytes, at = 0 } = magic;
    return bytes.every((byte, i) => head[at + i] === byte);
  });
}

/** By its name, path included. */
export function containerByName(path: string): Container | undefined {
  return KNOWN.find(({ name }) => name?.test(path));
}

/** The refusal for a file that somebody named as a firmware. */
export function containerRefused(name: string, { what, next }: Container): UnbrickError {
  return new UnbrickError({
    code: 'FIRMWARE_IN_CONTAINER',
    stage: 'firmware',
    message: `${name} is ${what}, which this program does not open.`,
    evidence: ['its first bytes or its name say so'],
    next: [next],
  });
}
