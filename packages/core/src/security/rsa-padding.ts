import { sha256 } from 'hash-wasm';
import { concat } from '../wire/index.js';

const HASH = 32;

/**
 * PKCS#1 v1.5 block type 1 straight over the message, without the usual hash header: `00 01 FF … FF 00 message`.
 * @param length bytes of the block: the key's length
 * @throws RangeError when the message does not fit
 */
export function padType1(message: Uint8Array, length: number): Uint8Array {
  const filling = length - 3 - message.length;
  // The standard asks for at least eight.
  if (filling < 8) throw new RangeError(`${message.length} bytes do not fit a key of ${length} bytes`);
  return concat(Uint8Array.of(0, 1), new Uint8Array(filling).fill(0xff), Uint8Array.of(0), message);
}

/**
 * OAEP (RFC 8017, 7.1.1) with SHA-256 for hash and mask and an empty label.
 * @param length bytes of the block: the key's length
 * @param seed 32 bytes, random unless a test wants to know the outcome
 * @throws RangeError when the message does not fit
 */
export async function padOaep(
  message: Uint8Array,
  length: number,
  seed: Uint8Array = random(HASH),
): Promise<Uint8Array> {
  const filling = length - 2 * HASH - 2 - message.length;
  if (filling < 0) throw new RangeError(`${message.length} bytes do not fit a key of ${length} bytes`);
  const label = await hash(new Uint8Array(0));
  const block = concat(label, new Uint8Array(filling), Uint8Array.of(1), message);
  const maskedBlock = xor(block, await mask(seed, block.length));
  const maskedSeed = xor(seed, await mask(maskedBlock, HASH));
  return concat(Uint8Array.of(0), maskedSeed, maskedBlock);
}

/** MGF1 with SHA-256 (RFC 8017, B.2.1). */
async function mask(seed: Uint8Array, length: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let counter = 0; counter * HASH < length; counter++) {
    parts.push(await hash(concat(seed, Uint8Array.of(counter >>> 24, counter >>> 16, counter >>> 8, counter))));
  }
  return concat(...parts).subarray(0, length);
}

async function hash(bytes: Uint8Array): Promise<Uint8Array> {
  const digits = await sha256(bytes);
  return Uint8Array.from({ length: HASH }, (_, i) => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16));
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ (b[i] as number));
}

/** Both runtimes, Node and browser, have the same source of randomness. */
function random(length: number): Uint8Array {
  const { crypto } = globalThis as unknown as { crypto: { getRandomValues(target: Uint8Array): Uint8Array } };
  return crypto.getRandomValues(new Uint8Array(length));
}
