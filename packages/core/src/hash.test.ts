import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Sha256Stream, sha256Hex } from './hash.js';

describe.each(['of the runtime', 'in WebAssembly'])('SHA-256 %s', (which) => {
  beforeEach(() => {
    if (which === 'in WebAssembly') vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('gives the digest of the standard for "abc" and for nothing', async () => {
    const abc = new TextEncoder().encode('abc');
    expect(await sha256Hex(abc)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect((await Sha256Stream.create()).digestHex()).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it('does not depend on how the bytes are cut, and two streams do not disturb each other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), async (pieces) => {
        const stream = await Sha256Stream.create();
        const other = await Sha256Stream.create();
        const judge = createHash('sha256');
        for (const piece of pieces) {
          stream.update(piece);
          other.update(Uint8Array.of(1));
          judge.update(piece);
        }
        expect(stream.digestHex()).toBe(judge.digest('hex'));
      }),
      { numRuns: 50 },
    );
  });

  it('repeats its digest and takes nothing more after it', async () => {
    const stream = await Sha256Stream.create();
    const digest = stream.digestHex();
    expect(stream.digestHex()).toBe(digest);
    expect(() => stream.update(Uint8Array.of(1))).toThrow(/taken already/);
  });
});
