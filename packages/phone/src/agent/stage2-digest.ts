/** Does stage 1 know this stage 2? docs/protocol/xflash-agent.md, "BOOT_TO"; docs/protocol/xml-agent.md, "BOOT-TO". */
import { holds, isFiller } from './stage1-image.js';

/** XFlash builds up to 2018; XFlash from 2019 on and XML; some XML builds. */
const ALGORITHMS = ['SHA-256', 'SHA-1', 'SHA-384'] as const;

/**
 * Every genuine stage 1 holds the digest of its stage 2 somewhere in its data. `unknown` when this stage 1 is a stand-in
 * that cannot hold one.
 */
export async function checkStage2(stage1: Uint8Array, stage2: Uint8Array): Promise<'known' | 'unknown' | 'mismatch'> {
  // Web pages from an insecure origin have no cryptography: then nothing can be told.
  if (isFiller(stage1) || globalThis.crypto?.subtle === undefined) return 'unknown';
  for (const algorithm of ALGORITHMS) {
    // slice(): the cryptography interface wants an ArrayBuffer of its own, and stage 2 is small.
    const digest = await crypto.subtle.digest(algorithm, stage2.slice().buffer);
    if (holds(stage1, new Uint8Array(digest))) return 'known';
  }
  return 'mismatch';
}
