/** Checksums that travel on the wire. */

/**
 * SEND_DA / SEND_AUTH checksum of boot ROM and preloader: XOR of all little-endian 16-bit words; an odd last byte counts
 * as a low byte. Pass the previous result as `seed` to continue over the next piece, which must start at an even offset.
 */
export function xor16(data: Uint8Array, seed = 0): number {
  let sum = seed;
  const even = data.length & ~1;
  for (let i = 0; i < even; i += 2) sum ^= (data[i] as number) | ((data[i + 1] as number) << 8);
  if (even !== data.length) sum ^= data[even] as number;
  return sum & 0xffff;
}

/** Words added up before the 16-bit lanes of {@link sum16} could overflow: 256 * 0xFF < 0x10000. */
const LANE_WORDS = 256;

/**
 * Packet and image checksum of the legacy agents: sum of all bytes modulo 65536. `seed` continues an earlier sum.
 * Every byte of a transfer goes through here, so four of them are added at a time: two in each half of a word.
 */
export function sum16(data: Uint8Array, seed = 0): number {
  // Words must lie on a multiple of four in the buffer; too few bytes to reach one are added singly.
  const aligned = -data.byteOffset & 3;
  const head = aligned + 4 <= data.length ? aligned : data.length;
  const words =
    head < data.length
      ? new Uint32Array(data.buffer, data.byteOffset + head, (data.length - head) >>> 2)
      : new Uint32Array();
  let sum = seed;
  for (let i = 0; i < head; i++) sum += data[i] as number;
  for (let at = 0; at < words.length; ) {
    const end = Math.min(words.length, at + LANE_WORDS);
    let even = 0;
    let odd = 0;
    for (; at < end; at++) {
      const word = words[at] as number;
      even += word & 0xff00ff;
      odd += (word >>> 8) & 0xff00ff;
    }
    sum += (even & 0xffff) + (even >>> 16) + (odd & 0xffff) + (odd >>> 16);
  }
  for (let i = head + words.length * 4; i < data.length; i++) sum += data[i] as number;
  return sum & 0xffff;
}

/** Chunk checksum of the XFlash agents: byte sum, plus 0xFF when the chunk length is odd, low 16 bits. */
export function xflashChunkSum(data: Uint8Array): number {
  return sum16(data, data.length & 1 ? 0xff : 0);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c >>> 0;
});

/** CRC-32 as GPT, zip and Android sparse images use it. `seed` continues an earlier result. */
export function crc32(data: Uint8Array, seed = 0): number {
  let crc = ~seed;
  for (let i = 0; i < data.length; i++) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ (data[i] as number)) & 0xff] as number);
  return ~crc >>> 0;
}
