import { viewOf } from '@unbrick/core/wire';

/**
 * Stand-ins for an agent (zeros, a counting pattern, a few bytes) hold no digest to compare with, and any stage 2 suits
 * them. Code and noise have hardly a 32-bit word twice.
 */
export function isFiller(stage1: Uint8Array): boolean {
  const words = Math.min(stage1.length >>> 2, 4096);
  if (words < 1024) return true;
  const view = viewOf(stage1);
  const seen = new Set<number>();
  for (let i = 0; i < words; i++) seen.add(view.getUint32(4 * i));
  return seen.size <= words / 8;
}

/** Whether the bytes stand somewhere in it. */
export function holds(whole: Uint8Array, part: Uint8Array): boolean {
  for (let at = whole.indexOf(part[0] as number); at >= 0; at = whole.indexOf(part[0] as number, at + 1)) {
    if (at + part.length <= whole.length && part.every((byte, i) => whole[at + i] === byte)) return true;
  }
  return false;
}
