/**
 * The private-key operation of RSA, on bytes. Written out because the browser's own RSA offers no operation without its own
 * padding, and phones want two that it does not have. Timing is no concern: the key is its owner's, on its owner's computer.
 */
export interface RsaPrivateKey {
  /** Modulus. */
  n: bigint;
  /** Private exponent. */
  d: bigint;
}

/** Bytes of the modulus, and of everything that the key makes. */
export function keyBytes({ n }: RsaPrivateKey): number {
  return Math.ceil(n.toString(16).length / 2);
}

/** `message^d mod n`, big-endian, as long as the modulus. @throws RangeError when the message is not below the modulus */
export function rsaPrivate(key: RsaPrivateKey, message: Uint8Array): Uint8Array {
  const value = toBigInt(message);
  if (value >= key.n) throw new RangeError('the message is not below the modulus of the key');
  return toBytes(modPow(value, key.d, key.n), keyBytes(key));
}

/** `base^exponent mod modulus` by square and multiply. */
export function modPow(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** Big-endian bytes as a number. */
export function toBigInt(bytes: Uint8Array): bigint {
  let digits = '';
  for (const byte of bytes) digits += byte.toString(16).padStart(2, '0');
  return digits === '' ? 0n : BigInt(`0x${digits}`);
}

/** A number as `length` big-endian bytes. */
export function toBytes(value: bigint, length: number): Uint8Array {
  const digits = value.toString(16).padStart(length * 2, '0');
  return Uint8Array.from({ length }, (_, i) => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16));
}
