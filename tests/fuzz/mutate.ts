/** Random but repeatable damage: the same seed gives the same bytes. */

export type Random = () => number;

/** Numbers from 0 up to but without 1 (mulberry32). */
export function random(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const below = (next: Random, limit: number) => Math.floor(next() * Math.max(1, limit));

/** Values at which parsers stumble. */
const EDGES: readonly number[] = [
  0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff,
];

const WORDS: readonly string[] = [
  '0xffffffffffffffff',
  '0xFFFF0080',
  '0x',
  '-1',
  '1e999',
  '%s%n',
  '../../',
  '\r\n',
  '\n',
  '\t',
  ': ',
  '{',
  '}',
  '<',
  '>',
  '"',
  '&amp;',
  '&#0;',
  '<!DOCTYPE a [<!ENTITY b "c">]>',
  '</partition_index>',
  '- partition_index: SYS1\n',
  '- storage_type: UFS\n',
  'partition_size: 0x0\n',
  'is_download: true\n',
  '__proto__',
  'constructor',
  'NONE',
  '\ufeff',
  '\u0000',
];

/** A copy of `bytes` with one to a few wounds; `other` is another file of the kind, to take pieces from. */
export function mutate(bytes: Uint8Array, other: Uint8Array, next: Random): Uint8Array {
  let result: Uint8Array = bytes.slice();
  for (let count = 1 + below(next, 4); count > 0; count--) result = wound(result, other, next);
  return result;
}

function wound(bytes: Uint8Array, other: Uint8Array, next: Random): Uint8Array {
  const at = below(next, bytes.length);
  const length = below(next, next() < 0.7 ? 16 : 2048);
  switch (below(next, 9)) {
    case 0: {
      if (bytes.length > 0) bytes[at] = (bytes[at] as number) ^ (1 << below(next, 8));
      return bytes;
    }
    case 1: {
      if (bytes.length > 0) bytes[at] = below(next, 256);
      return bytes;
    }
    case 2: {
      const edge = EDGES[below(next, EDGES.length)] as number;
      const word = new Uint8Array(Uint32Array.of(edge).buffer).subarray(0, 1 << below(next, 3));
      bytes.set(word.subarray(0, Math.max(0, bytes.length - at)), at);
      return bytes;
    }
    case 3:
      return splice(bytes, at, length, new Uint8Array(0));
    case 4:
      return splice(bytes, at, 0, bytes.subarray(at, at + length));
    case 5: {
      const from = below(next, other.length);
      return splice(bytes, at, next() < 0.5 ? length : 0, other.subarray(from, from + length));
    }
    case 6:
      return splice(bytes, at, 0, new TextEncoder().encode(WORDS[below(next, WORDS.length)] as string));
    case 7:
      return bytes.slice(0, at);
    default:
      bytes.fill(next() < 0.5 ? 0 : 0xff, at, at + length);
      return bytes;
  }
}

function splice(bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array {
  const tail = bytes.subarray(Math.min(bytes.length, at + remove));
  const result = new Uint8Array(at + insert.length + tail.length);
  result.set(bytes.subarray(0, at));
  result.set(insert, at);
  result.set(tail, at + insert.length);
  return result;
}
