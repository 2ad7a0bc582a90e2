import { constants, createHash, generateKeyPairSync, publicDecrypt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toBigInt } from './rsa.js';
import { padOaep, padType1 } from './rsa-padding.js';
import { rsaSigner } from './rsa-signer.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = privateKey.export({ format: 'jwk' });
const signer = rsaSigner('key.pem', {
  n: toBigInt(Buffer.from(jwk.n as string, 'base64url')),
  d: toBigInt(Buffer.from(jwk.d as string, 'base64url')),
});
const message = Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i);

describe('rsaSigner', () => {
  it('answers a boot ROM so that the public key gives the message back', async () => {
    const answer = await signer.sign({ purpose: 'boot-rom', message });
    expect(answer).toHaveLength(256);
    const opened = publicDecrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, answer);
    expect(new Uint8Array(opened)).toEqual(message);
  });

  it('answers an agent with OAEP, differently each time', async () => {
    const answers = [
      await signer.sign({ purpose: 'agent', message }),
      await signer.sign({ purpose: 'agent', message }),
    ];
    expect(answers[0]).not.toEqual(answers[1]);
    for (const answer of answers) {
      const block = publicDecrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, answer);
      expect(openOaep(block)).toEqual(Buffer.from(message));
    }
  });

  it('refuses what does not fit the key', async () => {
    expect(() => padType1(new Uint8Array(246), 256)).toThrow(RangeError);
    await expect(padOaep(new Uint8Array(191), 256)).rejects.toThrow(RangeError);
  });
});

/** OAEP decoding after RFC 8017, 7.1.2, on Node's own hashes. */
function openOaep(block: Buffer): Buffer {
  const maskedSeed = block.subarray(1, 33);
  const masked = block.subarray(33);
  const seed = xor(maskedSeed, mgf1(masked, 32));
  const data = xor(masked, mgf1(seed, masked.length));
  expect(data.subarray(0, 32)).toEqual(createHash('sha256').digest());
  const start = data.indexOf(1, 32);
  expect(data.subarray(32, start).every((byte) => byte === 0)).toBe(true);
  return data.subarray(start + 1);
}

function mgf1(seed: Buffer, length: number): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i * 32 < length; i++) {
    parts.push(
      createHash('sha256')
        .update(seed)
        .update(Buffer.of(0, 0, 0, i))
        .digest(),
    );
  }
  return Buffer.concat(parts).subarray(0, length);
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ (b[i] as number)));
}
