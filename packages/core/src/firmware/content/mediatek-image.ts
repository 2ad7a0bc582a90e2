import { bytes, latin1, struct, text, u32, viewOf } from '../../wire/index.js';
import type { Content } from './content.js';

/** Header MediaTek puts before boot loader, logo, modem and certificate images. */
export const MediatekImageHeader = struct('little', {
  magic: u32,
  dataSize: u32,
  name: text(32),
  loadAddress: u32,
  mode: u32,
  extensionMagic: u32,
  headerSize: u32,
  headerVersion: u32,
  imageType: u32,
  lastInList: u32,
  alignment: u32,
  dataSizeHigh: u32,
  loadAddressHigh: u32,
  padding: bytes(432),
});
export const MEDIATEK_IMAGE_MAGIC = 0x58881688;
const EXTENSION_MAGIC = 0x58891689;

/** One image of several that lie behind each other in a file. */
export interface MediatekPart {
  name: string;
  /** Where its content begins behind the header, and its bytes. */
  offset: number;
  size: number;
  certificate: boolean;
  /** No further part follows. */
  last: boolean;
  /** Where the next header would be. */
  next: number;
}

/** The header at `offset` of `head`, or undefined. See docs/protocol/images.md, "MediaTek partition header". */
export function mediatekPart(head: Uint8Array, offset = 0): MediatekPart | undefined {
  if (head.length < offset + MediatekImageHeader.size) return undefined;
  const header = MediatekImageHeader.parse(head, offset);
  if (header.magic !== MEDIATEK_IMAGE_MAGIC) return undefined;
  const extended = header.extensionMagic === EXTENSION_MAGIC;
  const headerSize = extended && header.headerSize >= 0x50 && header.headerSize <= 0x1000 ? header.headerSize : 512;
  const size = header.dataSize + (extended ? header.dataSizeHigh * 2 ** 32 : 0);
  const alignment = extended && header.alignment > 0 && header.alignment <= 1 << 20 ? header.alignment : 16;
  return {
    name: header.name,
    offset: offset + headerSize,
    size,
    certificate: extended && header.imageType >>> 24 === 2,
    last: extended && header.lastInList === 1,
    next: offset + headerSize + Math.ceil(size / alignment) * alignment,
  };
}

export function readMediatekImage(head: Uint8Array): Content | undefined {
  if (head.length < 40 || viewOf(head).getUint32(0, true) !== MEDIATEK_IMAGE_MAGIC) return undefined;
  const name = latin1(head.subarray(8, 40));
  const printable = /^[\x20-\x7e]+$/.test(name);
  const part = mediatekPart(head);
  return {
    kind: 'mediatek',
    label: printable ? `MediaTek image "${name}"` : 'MediaTek image',
    ...(printable ? { name } : {}),
    details: [],
    ...(part && Number.isSafeInteger(part.offset + part.size) ? { claims: part.offset + part.size } : {}),
  };
}
