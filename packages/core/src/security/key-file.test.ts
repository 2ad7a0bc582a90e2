import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ascii } from '../wire/index.js';
import { parseKeyFile } from './key-file.js';
import { toBigInt } from './rsa.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = privateKey.export({ format: 'jwk' });
const n = toBigInt(Buffer.from(jwk.n as string, 'base64url'));
const d = toBigInt(Buffer.from(jwk.d as string, 'base64url'));
const pem = (type: 'pkcs1' | 'pkcs8') => privateKey.export({ format: 'pem', type }) as string;

describe('parseKeyFile', () => {
  it.each(['pkcs1', 'pkcs8'] as const)('reads %s as PEM and as DER', (type) => {
    expect(parseKeyFile('key.pem', ascii(pem(type)))).toEqual({ n, d });
    expect(parseKeyFile('key.der', privateKey.export({ format: 'der', type }))).toEqual({ n, d });
  });

  it.each([
    ['SLA_RSA_N = 0x{n}\nSLA_RSA_D = 0x{d}\nSLA_RSA_E = 0x10001\n'],
    ['"n": "{n}",\n"d": "{d}",\n"e": "010001"'],
    ['  N: {n}\r\n  D: {d}\r\n'],
  ])('reads the text form %j', (form) => {
    const text = form.replace('{n}', n.toString(16)).replace('{d}', d.toString(16));
    expect(parseKeyFile('key.txt', ascii(text))).toEqual({ n, d });
  });

  const encrypted = privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-128-cbc', passphrase: 'x' });
  const oldEncrypted = privateKey.export({ format: 'pem', type: 'pkcs1', cipher: 'aes-128-cbc', passphrase: 'x' });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  it.each([
    ['a public key', publicKey.export({ format: 'pem', type: 'spki' }) as string, 'no private key'],
    ['a PEM that is cut off', pem('pkcs8').slice(0, 900), 'unfinished'],
    ['a block that is no base64', pem('pkcs8').replace(/\n.{8}/, '\n????????'), 'base64'],
    ['another kind of key', ec.export({ format: 'pem', type: 'pkcs8' }) as string, 'another kind'],
    ['numbers of two keys', `N=${n.toString(16)}\nD=${(d - 2n).toString(16)}`, 'belong together'],
    ['an empty file', '', 'cut off'],
    ['some text', 'this is no key', 'neither'],
    ['a short key', createShort(), '512 bits'],
  ])('refuses %s', (_, text, seen) => {
    expect(() => parseKeyFile('key.pem', ascii(text))).toThrowError(
      expect.objectContaining({ code: 'KEY_UNREADABLE', evidence: [expect.stringContaining(seen)] }),
    );
  });

  it.each([[encrypted], [oldEncrypted]])('tells how to take a password off', (text) => {
    expect(() => parseKeyFile('key.pem', ascii(text as string))).toThrowError(
      expect.objectContaining({ code: 'KEY_UNREADABLE', message: expect.stringContaining('password') }),
    );
  });
});

function createShort(): string {
  const short = generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey;
  return createPrivateKey(short.export({ format: 'pem', type: 'pkcs8' })).export({
    format: 'pem',
    type: 'pkcs8',
  }) as string;
}
