import { ascii, bytes, concat, encode, struct, text, u8, u16, u32 } from '@unbrick/core/wire';
import { noise } from './noise.js';

/** Header of each piece of a GFH chain. */
const GfhHead = struct('little', { magic: bytes(3), version: u8, size: u16, type: u16 });
const GFH_MAGIC = ascii('MMM');

const FileInfo = struct('little', {
  head: GfhHead,
  name: text(12),
  fileVersion: u32,
  fileType: u16,
  flashDevice: u8,
  signatureType: u8,
  loadAddress: u32,
  fileLength: u32,
  maxSize: u32,
  contentOffset: u32,
  signatureLength: u32,
  jumpOffset: u32,
  attributes: u32,
});

/** The other headers that real preloaders carry, by GFH type, with their whole sizes. */
const OTHER_HEADERS: [type: number, size: number][] = [
  [0x01, 0x0c],
  [0x02, 0x14],
  [0x07, 0x64],
  [0x08, 0x30],
  [0x03, 0x214],
];

const SIGNATURE_LENGTH = 0x124;
const CODE_LENGTH = 0x18000;

/** A preloader file in the real outer form; its code is noise, its memory table is real. */
export function buildPreloader(options: {
  platform: string;
  project: string;
  /** Number of the kind of flash it starts from, as in boot layouts. */
  flashDevice: number;
  emiTable: Uint8Array;
}): Uint8Array {
  const headers = OTHER_HEADERS.map(([type, size]) => {
    const header = new Uint8Array(size);
    header.set(GfhHead.build({ magic: GFH_MAGIC, version: 1, size, type }));
    return header;
  });
  const contentOffset = FileInfo.size + headers.reduce((sum, header) => sum + header.length, 0);
  const code = noise(`preloader ${options.project}`, CODE_LENGTH).slice();
  code.set(ascii(`${options.platform}\0`), 0x400);
  const body = concat(
    ...headers,
    code,
    options.emiTable,
    encode(u32, 'little', options.emiTable.length),
    noise(`signature ${options.project}`, SIGNATURE_LENGTH),
  );
  const fileInfo = FileInfo.build({
    head: { magic: GFH_MAGIC, version: 1, size: FileInfo.size, type: 0 },
    name: 'FILE_INFO',
    fileVersion: 1,
    fileType: 1,
    flashDevice: options.flashDevice,
    signatureType: 1,
    loadAddress: 0x200d00,
    fileLength: FileInfo.size + body.length,
    maxSize: 0x40000,
    contentOffset,
    signatureLength: SIGNATURE_LENGTH,
    jumpOffset: contentOffset,
    attributes: 0xc2600001,
  });
  return concat(fileInfo, body);
}
