import { concat } from '@unbrick/core/wire';
import { openWithPublicKey, type RsaPublicKey } from './rsa.js';

/** What stands before a SHA-256 digest in a signature (RFC 8017, 9.2): the name of the algorithm. */
const SHA256_PREFIX = Uint8Array.of(
  0x30,
  0x31,
  0x30,
  0x0d,
  0x06,
  0x09,
  0x60,
  0x86,
  0x48,
  0x01,
  0x65,
  0x03,
  0x04,
  0x02,
  0x01,
  0x05,
  0x00,
  0x04,
  0x20,
);
const HASH = 32;

/** Whether `answer` is the message under the key, padded as PKCS#1 v1.5 block type 1 without a hash. */
export function isSealed(key: RsaPublicKey, answer: Uint8Array, message: Uint8Array): boolean {
  const block = openWithPublicKey(key, answer);
  return block !== undefined && equal(block, type1(message, block.length));
}

/** Whether `signature` is one over the data: PKCS#1 v1.5 with SHA-256. */
export async function isSigned(key: RsaPublicKey, signature: Uint8Array, data: Uint8Array): Promise<boolean> {
  const digest = await sha256(data);
  return isSealed(key, signature, concat(SHA256_PREFIX, digest));
}

/** Whether `answer` is the message under the key, padded as OAEP with SHA-256 and an empty label (RFC 8017, 7.1). */
export async function isSealedOaep(key: RsaPublicKey, answer: Uint8Array, message: Uint8Array): Promise<boolean> {
  const block = openWithPublicKey(key, answer);
  if (!block || block.length < 2 * HASH + 2 || block[0] !== 0) return false;
  const maskedBlock = block.subarray(1 + HASH);
  const seed = xor(block.subarray(1, 1 + HASH), await mask(maskedBlock, HASH));
  const inner = xor(maskedBlock, await mask(seed, maskedBlock.length));
  const filling = inner.length - HASH - 1 - message.length;
  if (filling < 0) return false;
  return equal(inner, concat(await sha256(new Uint8Array(0)), new Uint8Array(filling), Uint8Array.of(1), message));
}

/** SHA-256 of the data. */
export async function sha256(data: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', data.slice()));
}

function type1(message: Uint8Array, length: number): Uint8Array {
  const filling = length - 3 - message.length;
  if (filling < 8) return new Uint8Array(0);
  return concat(Uint8Array.of(0, 1), new Uint8Array(filling).fill(0xff), Uint8Array.of(0), message);
}

async function mask(seed: Uint8Array, length: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let counter = 0; counter * HASH < length; counter++) {
    parts.push(await sha256(concat(seed, Uint8Array.of(0, 0, counter >>> 8, counter & 0xff))));
  }
  return concat(...parts).subarray(0, length);
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ (b[i] as number));
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
