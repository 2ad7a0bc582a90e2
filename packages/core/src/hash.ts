import { createSHA256, sha256 } from 'hash-wasm';

interface Hasher {
  update(bytes: Uint8Array): unknown;
  digest(encoding: 'hex'): string;
}

/** SHA-256 over bytes that arrive in pieces. Memory use does not depend on their number. */
export class Sha256Stream {
  readonly #hasher: Hasher;
  #digest: string | undefined;

  private constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  static async create(): Promise<Sha256Stream> {
    return new Sha256Stream(nativeHasher() ?? (await createSHA256()).init());
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

/**
 * The runtime's own SHA-256 where it has a streaming one. WebAssembly cannot use the processor's SHA instructions: 0.3 GB/s
 * against 1.6 GB/s in Node, and every image is hashed twice. Asked for at run time, because browsers load this file too.
 */
function nativeHasher(): Hasher | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const crypto = process?.getBuiltinModule?.('node:crypto') as { createHash(name: 'sha256'): Hasher } | undefined;
  return crypto?.createHash('sha256');
}
