import { hex, latin1, viewOf } from '../../wire/index.js';
import { isSparse } from '../sparse/sparse.js';
import { readBootImage, readVendorBoot } from './boot-image.js';
import { readFileSystem } from './file-systems.js';
import { readMediatekImage } from './mediatek-image.js';
import { readVerifiedBoot } from './vbmeta.js';

/** What an image can be. */
export type ContentKind =
  | 'boot'
  | 'vendor-boot'
  | 'mediatek'
  | 'vbmeta'
  | 'dtbo'
  | 'file-system'
  | 'super'
  | 'gpt'
  | 'mbr'
  | 'preloader'
  | 'memory-settings'
  | 'secro'
  | 'ubi'
  | 'sparse'
  | 'archive'
  | 'web-page'
  | 'agent'
  | 'blank'
  | 'empty'
  | 'unknown';

/** What the first bytes of an image say of it. */
export interface Content {
  kind: ContentKind;
  /** For people: `Android boot image`, `MediaTek image "lk"`, `ext4 file system`. */
  label: string;
  /** Name inside: of a MediaTek image, a file system's volume, a boot image's board. */
  name?: string;
  /** Short facts for people: `header version 2`, `Android 10, security patch 2020-05`. */
  details: string[];
  /** Bytes that the content itself claims to have: a shorter file is cut off. */
  claims?: number;
}

interface Mark {
  at: number;
  magic: readonly number[];
  kind: ContentKind;
  label: string;
}

const mark = (at: number, magic: string | readonly number[], kind: ContentKind, label: string): Mark => ({
  at,
  magic: typeof magic === 'string' ? Array.from(magic, (character) => character.charCodeAt(0)) : magic,
  kind,
  label,
});

const MARKS: readonly Mark[] = [
  mark(0, 'MTK_DOWNLOAD_AGENT', 'agent', 'Download Agent file'),
  mark(0, [0x4d, 0x4d, 0x4d, 0x01], 'preloader', 'MediaTek GFH file'),
  mark(0, 'MTK_BLOADER_INFO_v', 'memory-settings', 'memory settings'),
  mark(0, 'EMMC_BOOT\0', 'preloader', 'preloader with eMMC boot header'),
  mark(0, 'UFS_BOOT\0', 'preloader', 'preloader with UFS boot header'),
  mark(0, 'COMBO_BOOT\0', 'preloader', 'preloader with boot header'),
  mark(0, 'SDMMC_BOOT\0', 'preloader', 'preloader with SD card boot header'),
  mark(0, 'BOOTLOADER!', 'preloader', 'preloader with NAND boot header'),
  mark(0, 'AND_AC_REGION', 'secro', 'MediaTek secure data (secro)'),
  mark(0, 'UBI#', 'ubi', 'UBI image'),
  mark(0x200, 'EFI PART', 'gpt', 'GPT partition table'),
  mark(0x1000, 'EFI PART', 'gpt', 'GPT partition table, 4096-byte sectors'),
  mark(0x1000, [0x67, 0x44, 0x6c, 0x61], 'super', 'Android super partition'),
  mark(0, [0x1f, 0x8b, 0x08], 'archive', 'gzip data'),
  mark(0, 'PK\x03\x04', 'archive', 'zip archive'),
  mark(0, 'Rar!', 'archive', 'rar archive'),
  mark(0, [0x37, 0x7a, 0xbc, 0xaf], 'archive', '7z archive'),
  mark(0, 'CrAU', 'archive', 'payload of an over-the-air update'),
];

/** How much of the beginning of an image is enough to name its content. */
export const CONTENT_BYTES = 8192;

/** What an image is, from its first {@link CONTENT_BYTES}. Never throws. See docs/protocol/images.md, "What belongs where". */
export function contentOf(head: Uint8Array): Content {
  if (head.length === 0) return { kind: 'empty', label: 'empty', details: [] };
  if (isSparse(head)) return { kind: 'sparse', label: 'Android sparse image', details: [] };
  const told =
    readMediatekImage(head) ??
    readBootImage(head) ??
    readVendorBoot(head) ??
    readVerifiedBoot(head) ??
    readOverlays(head) ??
    byMark(head) ??
    readFileSystem(head) ??
    readWebPage(head) ??
    readMasterBoot(head);
  if (told) return told;
  const first = head[0] as number;
  if ((first === 0 || first === 0xff) && head.every((byte) => byte === first)) {
    return { kind: 'blank', label: `begins with ${hex(first, 2)} only`, details: [] };
  }
  return { kind: 'unknown', label: 'unknown content', details: [] };
}

function byMark(head: Uint8Array): Content | undefined {
  const found = MARKS.find(({ at, magic }) => magic.every((byte, i) => head[at + i] === byte));
  return found && { kind: found.kind, label: found.label, details: [] };
}

/** Device tree overlay table: big-endian, unlike all else in a phone. */
function readOverlays(head: Uint8Array): Content | undefined {
  if (head.length < 32 || viewOf(head).getUint32(0) !== 0xd7b7ab1e) return undefined;
  const view = viewOf(head);
  const count = view.getUint32(16);
  return {
    kind: 'dtbo',
    label: 'device tree overlays',
    details: [`${count} overlay${count === 1 ? '' : 's'}`],
    claims: view.getUint32(4),
  };
}

/** A page that was saved in place of the file it links to. */
function readWebPage(head: Uint8Array): Content | undefined {
  const start = latin1(head.subarray(0, 512)).trimStart().toLowerCase();
  if (!/^(<!doctype html|<html|<head)/.test(start)) return undefined;
  return { kind: 'web-page', label: 'web page', details: ['it was saved in place of the file it links to'] };
}

function readMasterBoot(head: Uint8Array): Content | undefined {
  if (head[0x1fe] !== 0x55 || head[0x1ff] !== 0xaa) return undefined;
  return { kind: 'mbr', label: 'MBR or FAT file system', details: [] };
}
