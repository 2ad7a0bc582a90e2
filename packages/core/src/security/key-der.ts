import { type RsaPrivateKey, toBigInt } from './rsa.js';

const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const SEQUENCE = 0x30;
/** 1.2.840.113549.1.1.1, rsaEncryption. */
const RSA = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

interface Element {
  tag: number;
  content: Uint8Array;
  /** Where the next element begins. */
  end: number;
}

/**
 * An RSA private key in DER: PKCS#1 (`RSAPrivateKey`), or PKCS#8 (`PrivateKeyInfo`) around it.
 * @throws RangeError saying what is wrong
 */
export function readDer(bytes: Uint8Array): RsaPrivateKey {
  const fields = children(element(bytes, 0, SEQUENCE).content);
  const [version, second, third] = fields;
  if (version?.tag !== INTEGER) throw new RangeError('it does not begin like a private key');
  if (second?.tag === SEQUENCE) {
    const algorithm = children(second.content)[0];
    if (algorithm?.tag !== OBJECT_ID || !RSA.every((byte, i) => algorithm.content[i] === byte)) {
      throw new RangeError('it is a key of another kind than RSA');
    }
    if (third?.tag !== OCTET_STRING) throw new RangeError('its private part is missing');
    return readDer(third.content);
  }
  // version, n, e, d, then the primes, which are not needed.
  const [, n, e, d] = fields;
  if (n?.tag !== INTEGER || e?.tag !== INTEGER || d?.tag !== INTEGER) {
    throw new RangeError('it holds no private exponent');
  }
  return { n: toBigInt(n.content), d: toBigInt(d.content) };
}

function children(content: Uint8Array): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < content.length && found.length < 16; ) {
    const next = element(content, at);
    found.push(next);
    at = next.end;
  }
  return found;
}

function element(bytes: Uint8Array, at: number, wanted?: number): Element {
  const tag = bytes[at];
  let length = bytes[at + 1];
  if (tag === undefined || length === undefined) throw new RangeError('it is cut off');
  if (wanted !== undefined && tag !== wanted) throw new RangeError('it is neither PEM, DER nor a text with N and D');
  let start = at + 2;
  if (length & 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 4) throw new RangeError('it is not DER');
    length = Number(toBigInt(bytes.subarray(start, start + count)));
    start += count;
  }
  const end = start + length;
  if (end > bytes.length) throw new RangeError('it is cut off');
  return { tag, content: bytes.subarray(start, end), end };
}
