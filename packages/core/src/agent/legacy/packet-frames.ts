import { UnbrickError } from '../../errors/unbrick-error.js';
import { LegacyByte, sum16, viewOf } from '../../wire/index.js';

/**
 * Cuts a stream into the frames of a write command: ACK, data, sum of the data. A frame goes out in one piece, which USB
 * carries in as few transfers as possible. Two buffers take turns, so that one fills while the other is on its way.
 */
export class PacketFrames {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #buffers: [Uint8Array, Uint8Array];
  readonly #length: number;
  #turn = 0;
  #filled = 0;
  #piece: Uint8Array = new Uint8Array();

  /** @param length bytes the stream must have, exactly */
  constructor(data: AsyncIterable<Uint8Array>, length: number, packetSize: number) {
    this.#source = data[Symbol.asyncIterator]();
    this.#length = length;
    const frame = Math.min(packetSize, length) + 3;
    this.#buffers = [new Uint8Array(frame), new Uint8Array(frame)];
  }

  /**
   * The next frame, or undefined after the last one. It stays as it is until the call after the next one. The last one is
   * given only when the stream has ended where it should.
   * @param edit may change the data before it is summed
   * @throws UnbrickError `DATA_LENGTH` when the stream is shorter or longer than promised
   */
  async next(edit?: (data: Uint8Array) => void): Promise<Uint8Array | undefined> {
    if (this.#filled === this.#length) return undefined;
    const buffer = this.#buffers[this.#turn] as Uint8Array;
    this.#turn ^= 1;
    const size = Math.min(buffer.length - 3, this.#length - this.#filled);
    const data = buffer.subarray(1, 1 + size);
    await this.#fill(data);
    this.#filled += size;
    if (this.#filled === this.#length) await this.#expectEnd();
    edit?.(data);
    buffer[0] = LegacyByte.ACK;
    viewOf(buffer).setUint16(1 + size, sum16(data));
    return buffer.subarray(0, size + 3);
  }

  /** Tells the stream that no more is wanted. Its own complaints about that are of no interest. */
  async end(): Promise<void> {
    try {
      await this.#source.return?.();
    } catch {
      // The transfer has its result already.
    }
  }

  async #fill(target: Uint8Array): Promise<void> {
    let at = 0;
    while (at < target.length) {
      if (this.#piece.length === 0) {
        const { done, value } = await this.#source.next();
        if (done) throw wrongDataLength(this.#length, `it ended after ${this.#filled + at} bytes`);
        this.#piece = value;
        continue;
      }
      const part = this.#piece.subarray(0, target.length - at);
      target.set(part, at);
      at += part.length;
      this.#piece = this.#piece.subarray(part.length);
    }
  }

  async #expectEnd(): Promise<void> {
    while (this.#piece.length === 0) {
      const { done, value } = await this.#source.next();
      if (done) return;
      this.#piece = value;
    }
    throw wrongDataLength(this.#length, 'it has more');
  }
}

/** The stream of a write is shorter or longer than promised. @param length bytes that were announced */
export function wrongDataLength(length: number, seen: string): UnbrickError {
  return new UnbrickError({
    code: 'DATA_LENGTH',
    stage: 'write',
    message: 'The data to be written have another length than announced.',
    evidence: [`${length} bytes were announced`, seen],
    next: ['Check that the image file is complete and not being changed by another program.'],
  });
}
