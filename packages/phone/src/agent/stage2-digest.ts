/** Does stage 1 know this stage 2? docs/protocol/xflash-agent.md, "BOOT_TO"; docs/protocol/xml-agent.md, "BOOT-TO". */
import { ascii } from '@unbrick/core/wire';

/**
 * In front of the SHA-256 of stage 2 inside a stage 1 of practice agents. Genuine stage 1 images hold the bare digest
 * somewhere in their data, so that a stage 2 they do not know cannot be told from a digest that is stored elsewhere.
 */
export const STAGE2_DIGEST_MARKER = 'UNBRICK-STAGE2-SHA256:';

const SHA256_SIZE = 32;

/**
 * `mismatch` only when the marker stands in stage 1 with another digest behind it; `known` when the digest was found;
 * `unknown` when stage 1 tells nothing.
 */
export async function checkStage2(stage1: Uint8Array, stage2: Uint8Array): Promise<'known' | 'unknown' | 'mismatch'> {
  // Web pages from an insecure origin have no cryptography: then nothing can be told.
  if (globalThis.crypto?.subtle === undefined) return 'unknown';
  const sha256 = await digest('SHA-256', stage2);
  const marker = ascii(STAGE2_DIGEST_MARKER);
  const at = indexOf(stage1, marker);
  if (at >= 0) {
    const expected = stage1.subarray(at + marker.length, at + marker.length + SHA256_SIZE);
    return indexOf(expected, sha256) === 0 ? 'known' : 'mismatch';
  }
  if (indexOf(stage1, sha256) >= 0) return 'known';
  // Builds before 2019, and some builds of the XML agents.
  for (const algorithm of ['SHA-1', 'SHA-384'] as const) {
    if (indexOf(stage1, await digest(algorithm, stage2)) >= 0) return 'known';
  }
  return 'unknown';
}

async function digest(algorithm: 'SHA-1' | 'SHA-256' | 'SHA-384', data: Uint8Array): Promise<Uint8Array> {
  // slice(): the cryptography interface wants an ArrayBuffer of its own, and stage 2 is small.
  return new Uint8Array(await crypto.subtle.digest(algorithm, data.slice().buffer));
}

function indexOf(haystack: Uint8Array, needle: Uint8Array): number {
  const first = needle[0] as number;
  for (let at = haystack.indexOf(first); at >= 0; at = haystack.indexOf(first, at + 1)) {
    if (at + needle.length > haystack.length) return -1;
    if (needle.every((byte, i) => haystack[at + i] === byte)) return at;
  }
  return -1;
}
