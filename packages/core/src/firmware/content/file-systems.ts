import { latin1, viewOf } from '../../wire/index.js';
import type { Content } from './content.js';

/** File systems by their superblocks. See docs/protocol/images.md, "File systems". */
export function readFileSystem(head: Uint8Array): Content | undefined {
  return readExt(head) ?? readErofs(head) ?? readF2fs(head) ?? readSquashfs(head);
}

const SUPERBLOCK = 0x400;

function readExt(head: Uint8Array): Content | undefined {
  if (head.length < SUPERBLOCK + 0x160 || head[0x438] !== 0x53 || head[0x439] !== 0xef) return undefined;
  const view = viewOf(head);
  const at = (offset: number) => view.getUint32(SUPERBLOCK + offset, true);
  const shift = at(0x18);
  const wide = (at(0x60) & 0x80) !== 0;
  const blocks = at(4) + (wide ? at(0x150) * 2 ** 32 : 0);
  return fileSystem('ext4', shift <= 6 ? blocks * (1024 << shift) : undefined, volume(head, SUPERBLOCK + 0x78, 16));
}

function readErofs(head: Uint8Array): Content | undefined {
  if (head.length < SUPERBLOCK + 0x60 || viewOf(head).getUint32(SUPERBLOCK, true) !== 0xe0f5e1e2) return undefined;
  const shift = head[SUPERBLOCK + 12] as number;
  const blocks = viewOf(head).getUint32(SUPERBLOCK + 0x24, true);
  return fileSystem(
    'EROFS',
    shift >= 9 && shift <= 16 ? blocks * 2 ** shift : undefined,
    volume(head, SUPERBLOCK + 0x40, 16),
  );
}

function readF2fs(head: Uint8Array): Content | undefined {
  if (head.length < SUPERBLOCK + 0x80 || viewOf(head).getUint32(SUPERBLOCK, true) !== 0xf2f52010) return undefined;
  // What F2FS says of its size is the partition's, which an image need not fill.
  return fileSystem('F2FS', undefined, undefined);
}

function readSquashfs(head: Uint8Array): Content | undefined {
  if (head.length < 96 || latin1(head.subarray(0, 4)) !== 'hsqs') return undefined;
  const used = viewOf(head).getBigUint64(40, true);
  return fileSystem('SquashFS', used <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(used) : undefined, undefined);
}

function fileSystem(type: string, claims: number | undefined, name: string | undefined): Content {
  return {
    kind: 'file-system',
    label: `${type} file system`,
    ...(name ? { name } : {}),
    details: name ? [`volume "${name}"`] : [],
    ...(claims !== undefined && Number.isSafeInteger(claims) ? { claims } : {}),
  };
}

function volume(head: Uint8Array, offset: number, length: number): string | undefined {
  const name = latin1(head.subarray(offset, offset + length));
  return /^[\x20-\x7e]+$/.test(name) ? name : undefined;
}
