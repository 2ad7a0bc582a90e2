import { describe, expect, it } from 'vitest';
import { pattern } from '../testing/bytes.fixture.js';
import { OwnerKey } from '../testing/owner-key.fixture.js';
import { keyLength } from './rsa.js';
import { isSealed, isSealedOaep, isSigned } from './signed-message.js';

const owner = new OwnerKey();
const { public: key } = owner;
const { public: other } = new OwnerKey();

describe('what was made with the owner’s key', () => {
  const message = pattern(16);

  it('is told from everything else, padded without a hash', () => {
    const answer = owner.seal(message);
    const damaged = answer.map((byte, i) => (i === 100 ? byte ^ 1 : byte));
    expect(keyLength(key)).toBe(128);
    expect(isSealed(key, answer, message)).toBe(true);
    expect(isSealed(key, answer, pattern(17))).toBe(false);
    expect(isSealed(key, damaged, message)).toBe(false);
    expect(isSealed(key, answer.subarray(1), message)).toBe(false);
    expect(isSealed(other, answer, message)).toBe(false);
    expect(isSealed(key, new Uint8Array(128).fill(0xff), message)).toBe(false);
  });

  it('is told as a signature', async () => {
    const data = pattern(5000);
    const signature = owner.sign(data);
    expect(await isSigned(key, signature, data)).toBe(true);
    expect(await isSigned(key, signature, pattern(5001))).toBe(false);
    expect(await isSigned(other, signature, data)).toBe(false);
    expect(await isSigned(key, new Uint8Array(0), data)).toBe(false);
  });

  it('is told padded as OAEP', async () => {
    expect(await isSealedOaep(key, owner.sealOaep(message), message)).toBe(true);
    expect(await isSealedOaep(key, owner.sealOaep(pattern(15)), message)).toBe(false);
    expect(await isSealedOaep(key, owner.seal(message), message)).toBe(false);
    expect(await isSealedOaep(other, owner.sealOaep(message), message)).toBe(false);
  });
});
