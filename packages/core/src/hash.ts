import { createSHA256, type IHasher, sha256 } from 'hash-wasm';

/** SHA-256 over bytes that arrive in pieces. Memory use does not depend on their number. */
export class Sha256Stream {
  readonly #hasher: IHasher;
  #digest: string | undefined;

  private constructor(hasher: IHasher) {
    this.#hasher = hasher;
  }

  static async create(): Promise<Sha256Stream> {
    return new Sha256Stream((await createSHA256()).init());
  }

  /** @throws Error after the digest was taken */
  update(bytes: Uint8Array): void {
    if (this.#digest !== undefined) throw new Error('The digest was taken already; start a new Sha256Stream.');
    this.#hasher.update(bytes);
  }

  /** 64 lower-case hexadecimal digits of all bytes so far. Ends the stream; asking again gives the same answer. */
  digestHex(): string {
    this.#digest ??= this.#hasher.digest('hex');
    return this.#digest;
  }
}

/** SHA-256 of bytes in memory: 64 lower-case hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array): Promise<string> {
  return sha256(bytes);
}
