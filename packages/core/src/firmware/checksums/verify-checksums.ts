import { createCRC32, createMD5, createSHA1, createSHA256 } from 'hash-wasm';
import type { ByteSource } from '../source.js';
import type { ListedChecksum } from './checksum-list.js';

/** What came out for one listed checksum. */
export interface ChecksumResult extends ListedChecksum {
  /** The value that the file really has. */
  found: string;
  ok: boolean;
}

/** Something that takes bytes and ends as hexadecimal digits. */
interface Digest {
  update(bytes: Uint8Array): unknown;
  digest(): string;
}

const BLOCK_BYTES = 1 << 20;

/**
 * Reads a file once and compares it with everything that is listed for it. An archive's own checksum is compared on the way.
 * @param onBytes told how many bytes have been read
 * @throws what reading throws, for example `ARCHIVE_DAMAGED`; the signal's reason
 */
export async function verifyChecksums(
  source: ByteSource,
  listed: readonly ListedChecksum[],
  options: { onBytes?: (bytes: number) => void; signal?: AbortSignal } = {},
): Promise<ChecksumResult[]> {
  const digests = await Promise.all(listed.map(createDigest));
  for (let offset = 0; offset < source.size; ) {
    options.signal?.throwIfAborted();
    const bytes = await source.read(offset, BLOCK_BYTES);
    if (bytes.length === 0) throw new RangeError(`${source.name} ended after ${offset} of ${source.size} bytes`);
    for (const digest of digests) digest.update(bytes);
    offset += bytes.length;
    options.onBytes?.(offset);
  }
  return listed.map((each, i) => {
    const found = (digests[i] as Digest).digest();
    return { ...each, found, ok: found === each.value };
  });
}

async function createDigest({ method, value }: ListedChecksum): Promise<Digest> {
  if (method === 'sum') return new ByteSum(value);
  const create = { md5: createMD5, sha1: createSHA1, sha256: createSHA256, crc32: createCRC32 }[method];
  const hasher = (await create()).init();
  return { update: (bytes) => hasher.update(bytes), digest: () => hasher.digest('hex') };
}

/** The sum of all bytes, as wide as the listed value: 16 bits in most lists, 32 where it has more digits. */
class ByteSum implements Digest {
  readonly #modulus: number;
  #sum = 0;

  constructor(value: string) {
    this.#modulus = value.length > 4 ? 2 ** 32 : 2 ** 16;
  }

  update(bytes: Uint8Array): void {
    let sum = 0;
    for (let i = 0; i < bytes.length; i++) sum += bytes[i] as number;
    this.#sum = (this.#sum + sum) % this.#modulus;
  }

  digest(): string {
    return this.#sum.toString(16);
  }
}
