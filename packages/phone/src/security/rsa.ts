/** The public half of RSA, on big-endian bytes: what a phone needs to see whether somebody has its owner's key. */

/** A public key as a profile has it. */
export interface RsaPublicKey {
  /** Hex digits, as `openssl rsa -noout -modulus` prints them. */
  modulus: string;
  /** 65537 unless stated. */
  exponent?: number;
}

const USUAL_EXPONENT = 65_537;

/** Bytes of the modulus, and of everything that was made with the key. */
export function keyLength({ modulus }: RsaPublicKey): number {
  return Math.ceil(modulus.replace(/^0+/, '').length / 2);
}

/** What was raised to the private exponent, as it was before; nothing when it cannot come from this key. */
export function openWithPublicKey(key: RsaPublicKey, sealed: Uint8Array): Uint8Array | undefined {
  const length = keyLength(key);
  const n = BigInt(`0x${key.modulus}`);
  const value = toBigInt(sealed);
  if (sealed.length !== length || value >= n) return undefined;
  return toBytes(power(value, BigInt(key.exponent ?? USUAL_EXPONENT), n), length);
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let factor = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * factor) % modulus;
    factor = (factor * factor) % modulus;
  }
  return result;
}

function toBigInt(bytes: Uint8Array): bigint {
  let digits = '0x0';
  for (const byte of bytes) digits += byte.toString(16).padStart(2, '0');
  return BigInt(digits);
}

function toBytes(value: bigint, length: number): Uint8Array {
  const digits = value.toString(16).padStart(2 * length, '0');
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
