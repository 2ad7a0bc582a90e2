import { bytes, hex, latin1, struct, text, u32, viewOf } from '../wire/index.js';
import type { ByteSource } from './source.js';
import { isSparse } from './sparse/sparse.js';

/** How much of the beginning of an image is enough to name its content. */
export const RECOGNISE_BYTES = 8192;

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

interface Mark {
  offset: number;
  magic: readonly number[];
  name: string;
}

const mark = (offset: number, magic: string | readonly number[], name: string): Mark => ({
  offset,
  magic: typeof magic === 'string' ? Array.from(magic, (character) => character.charCodeAt(0)) : magic,
  name,
});

const MARKS: readonly Mark[] = [
  mark(0, 'ANDROID!', 'Android boot image'),
  mark(0, 'VNDRBOOT', 'Android vendor boot image'),
  mark(0, 'AVB0', 'Android verified-boot metadata'),
  mark(0, [0xd7, 0xb7, 0xab, 0x1e], 'device tree overlays'),
  mark(0, [0x4d, 0x4d, 0x4d, 0x01], 'MediaTek GFH file'),
  mark(0, 'MTK_BLOADER_INFO_v', 'memory settings'),
  mark(0, 'EMMC_BOOT\0', 'preloader with eMMC boot header'),
  mark(0, 'UFS_BOOT\0', 'preloader with UFS boot header'),
  mark(0, 'COMBO_BOOT\0', 'preloader with boot header'),
  mark(0, 'hsqs', 'SquashFS file system'),
  mark(0, 'UBI#', 'UBI image'),
  mark(0x200, 'EFI PART', 'GPT partition table'),
  mark(0x1000, 'EFI PART', 'GPT partition table, 4096-byte sectors'),
  mark(0x400, [0x10, 0x20, 0xf5, 0xf2], 'F2FS file system'),
  mark(0x400, [0xe2, 0xe1, 0xf5, 0xe0], 'EROFS file system'),
  mark(0x438, [0x53, 0xef], 'ext4 file system'),
  mark(0x1000, [0x67, 0x44, 0x6c, 0x61], 'Android super partition'),
  mark(0, [0x1f, 0x8b, 0x08], 'gzip data'),
  mark(0, 'PK\x03\x04', 'zip archive'),
  mark(0x1fe, [0x55, 0xaa], 'MBR or FAT file system'),
];

/** A short name of the content for people, from the first bytes of an image: `ext4 file system`. Never throws. */
export function contentName(head: Uint8Array): string {
  if (head.length === 0) return 'empty';
  if (isSparse(head)) return 'Android sparse image';
  if (head.length >= 40 && viewOf(head).getUint32(0, true) === MEDIATEK_IMAGE_MAGIC) {
    const name = latin1(head.subarray(8, 40));
    return /^[\x20-\x7e]+$/.test(name) ? `MediaTek image "${name}"` : 'MediaTek image';
  }
  for (const { offset, magic, name } of MARKS) {
    if (magic.every((byte, i) => head[offset + i] === byte)) return name;
  }
  const first = head[0] as number;
  if ((first === 0 || first === 0xff) && head.every((byte) => byte === first))
    return `begins with ${hex(first, 2)} only`;
  return 'unknown content';
}

/** {@link contentName} of a file: reads its beginning only. */
export async function recognise(source: ByteSource): Promise<string> {
  return contentName(await source.read(0, Math.min(source.size, RECOGNISE_BYTES)));
}
