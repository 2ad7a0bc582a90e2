import { UnbrickError } from '../errors/unbrick-error.js';
import { latin1 } from '../wire/index.js';
import { readDer } from './key-der.js';
import { modPow, type RsaPrivateKey } from './rsa.js';

/** Smallest modulus that is taken for a key, bits: nothing that a phone ever checked is shorter. */
const LEAST_BITS = 1024;
const MOST_BITS = 8192;

/**
 * The RSA private key in a file: PEM (`RSA PRIVATE KEY` and `PRIVATE KEY`), the same in binary (DER), or the text form that
 * makers hand out, where lines such as `SLA_RSA_N = 0xC43469A9…`, `…_D = …` and `…_E = …` name the numbers.
 * @throws UnbrickError `KEY_UNREADABLE`, stage `usage`
 */
export function parseKeyFile(name: string, bytes: Uint8Array): RsaPrivateKey {
  if (bytes.length > 1 << 20) throw unreadable(name, [`it has ${bytes.length} bytes`]);
  const text = latin1(bytes);
  const key = /-----BEGIN /.test(text) ? fromPem(name, text) : (fromText(text) ?? fromDer(name, bytes));
  check(name, key);
  return key;
}

function fromPem(name: string, text: string): RsaPrivateKey {
  const labels = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g)];
  const found = labels.find(([, label]) => label === 'RSA PRIVATE KEY' || label === 'PRIVATE KEY');
  if (!found) {
    const seen = labels.map(([, label]) => label).join(', ') || 'an unfinished PEM block';
    if (/ENCRYPTED/.test(seen)) throw encrypted(name);
    throw unreadable(name, [`it holds ${seen}, no private key`]);
  }
  const body = found[2] as string;
  if (/ENCRYPTED/.test(body)) throw encrypted(name);
  return fromDer(name, base64(name, body));
}

function base64(name: string, body: string): Uint8Array {
  try {
    const { atob } = globalThis as unknown as { atob(text: string): string };
    return Uint8Array.from(atob(body.replace(/\s/g, '')), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw unreadable(name, ['its PEM block is not base64'], cause);
  }
}

function fromDer(name: string, bytes: Uint8Array): RsaPrivateKey {
  try {
    return readDer(bytes);
  } catch (cause) {
    throw unreadable(name, [cause instanceof Error ? cause.message : String(cause)], cause);
  }
}

/** `…N = 0x12 34`, with or without quotes; undefined when the text is something else. */
function fromText(text: string): RsaPrivateKey | undefined {
  const numbers = new Map<string, bigint>();
  for (const [, label, digits] of text.matchAll(
    /^\W*(?:\w*_)?(n|d|modulus|private_?exponent|privateexponent)\b["']?\s*[:=]\s*["']?(?:0x)?([0-9a-f][0-9a-f \t]{255,})/gim,
  )) {
    const short = /^(n|modulus)$/i.test(label as string) ? 'n' : 'd';
    numbers.set(short, BigInt(`0x${(digits as string).replace(/\s/g, '')}`));
  }
  const n = numbers.get('n');
  const d = numbers.get('d');
  return n !== undefined && d !== undefined ? { n, d } : undefined;
}

/** A key whose numbers do not belong together would only be noticed as a refusal of the phone. */
function check(name: string, { n, d }: RsaPrivateKey): void {
  const bits = n.toString(2).length;
  if (bits < LEAST_BITS || bits > MOST_BITS) throw unreadable(name, [`its modulus has ${bits} bits`]);
  if (d <= 0n || d >= n || n % 2n === 0n) throw unreadable(name, ['its numbers are no RSA key']);
  const probe = 0x5a17n;
  const signed = modPow(probe, d, n);
  if (![3n, 17n, 65537n].some((e) => modPow(signed, e, n) === probe)) {
    throw unreadable(name, [
      'its modulus and private exponent do not belong together (public exponent 3, 17 or 65537)',
    ]);
  }
}

function encrypted(name: string): UnbrickError {
  return new UnbrickError({
    code: 'KEY_UNREADABLE',
    stage: 'usage',
    message: `The key in ${name} is protected with a password, which this program does not ask for.`,
    next: [`Take the password off a copy: openssl pkey -in ${name} -out plain.pem`, 'Delete the copy afterwards.'],
  });
}

function unreadable(name: string, evidence: string[], cause?: unknown): UnbrickError {
  return new UnbrickError({
    code: 'KEY_UNREADABLE',
    stage: 'usage',
    message: `${name} holds no RSA private key that can be read.`,
    evidence,
    next: ['A PEM or DER file is needed, or a text file with the numbers N and D in hexadecimal digits.'],
    cause,
  });
}
