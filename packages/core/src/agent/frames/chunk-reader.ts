import { UnbrickError } from '../../errors/unbrick-error.js';

/** One chunk of a write, ready to send. Its bytes are overwritten by the second `next()` after the one that gave it. */
export interface Chunk {
  bytes: Uint8Array;
  checksum: number;
}

/**
 * Cuts a stream of pieces of any size into chunks of the agent's size, with their checksums. Works in two buffers that take
 * turns, so one chunk can be filled while the other is on the wire, and memory use is two chunks.
 */
export class ChunkReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #total: number;
  readonly #chunkLength: number;
  readonly #buffers: [Uint8Array, Uint8Array];
  readonly #checksum: (chunk: Uint8Array) => number;
  #turn = 0;
  #taken = 0;
  /** What is left of the last piece. */
  #rest: Uint8Array = new Uint8Array(0);
  #ended = false;

  /** `total` bytes must come out of `source`, no more and no fewer. */
  constructor(
    source: AsyncIterable<Uint8Array>,
    total: number,
    chunkLength: number,
    checksum: (chunk: Uint8Array) => number,
  ) {
    this.#source = source[Symbol.asyncIterator]();
    this.#total = total;
    this.#chunkLength = chunkLength;
    this.#checksum = checksum;
    const size = Math.min(chunkLength, total);
    this.#buffers = [new Uint8Array(size), new Uint8Array(total > size ? size : 0)];
  }

  /**
   * The next chunk; `undefined` after the last.
   * @throws UnbrickError `SOURCE_LENGTH_WRONG`; whatever the source throws
   */
  async next(): Promise<Chunk | undefined> {
    const length = Math.min(this.#chunkLength, this.#total - this.#taken);
    if (length === 0) return undefined;
    const bytes = (this.#buffers[this.#turn] as Uint8Array).subarray(0, length);
    this.#turn ^= 1;
    for (let filled = 0; filled < length; ) {
      if (this.#rest.length === 0) await this.#pull(this.#taken + filled);
      const part = this.#rest.subarray(0, length - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    this.#taken += length;
    if (this.#taken === this.#total) await this.#expectEnd();
    return { bytes, checksum: this.#checksum(bytes) };
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#source.return?.();
  }

  /** The next piece that is not empty. */
  async #pull(got: number): Promise<void> {
    do {
      const { done, value } = await this.#source.next();
      if (done) {
        this.#ended = true;
        throw this.#wrongLength(`it ended after ${got} bytes`);
      }
      this.#rest = value;
    } while (this.#rest.length === 0);
  }

  /** Before the last chunk is sent, so that a source that is too long does not end in a completed write. */
  async #expectEnd(): Promise<void> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#source.next();
      if (done) {
        this.#ended = true;
        return;
      }
      this.#rest = value;
    }
    throw this.#wrongLength(`it has ${this.#rest.length} bytes or more too many`);
  }

  #wrongLength(evidence: string): UnbrickError {
    return new UnbrickError({
      code: 'SOURCE_LENGTH_WRONG',
      stage: 'write',
      message: 'The data to write do not have the announced length.',
      evidence: [`${this.#total} bytes were announced`, evidence],
      next: ['Check that the image file is complete and does not change during the job, then repeat.'],
    });
  }
}
