import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  privateEncrypt,
  publicEncrypt,
  sign,
} from 'node:crypto';
import type { RsaPublicKey } from '../security/rsa.js';

/** Somebody's RSA key, made on the spot; signing is the work of OpenSSL. */
export class OwnerKey {
  readonly #private: KeyObject;
  readonly public: RsaPublicKey;

  constructor(bits = 1024) {
    this.#private = generateKeyPairSync('rsa', { modulusLength: bits }).privateKey;
    const { n = '' } = createPublicKey(this.#private).export({ format: 'jwk' });
    this.public = { modulus: Buffer.from(n, 'base64url').toString('hex') };
  }

  /** Under the key with PKCS#1 v1.5 padding and no hash. */
  seal(message: Uint8Array): Uint8Array {
    return new Uint8Array(privateEncrypt(this.#private, message));
  }

  /** Under the key with OAEP: made for the other direction, so the key is applied by hand to a block padded that way. */
  sealOaep(message: Uint8Array): Uint8Array {
    const key = createPublicKey(this.#private);
    const sealed = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, message);
    const padding = constants.RSA_NO_PADDING;
    const block = privateDecrypt({ key: this.#private, padding }, sealed);
    return new Uint8Array(privateEncrypt({ key: this.#private, padding }, block));
  }

  sign(data: Uint8Array): Uint8Array {
    return new Uint8Array(sign('RSA-SHA256', data, this.#private));
  }
}
