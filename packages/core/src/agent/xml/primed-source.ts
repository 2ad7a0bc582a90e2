import { once } from '../byte-stream.js';

/**
 * A stream whose first piece can be fetched before it is needed, so that a source that fails at once is noticed before the
 * phone has been told anything.
 */
export class PrimedSource implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterator<Uint8Array>;
  #first: IteratorResult<Uint8Array> | undefined;
  #ended = false;
  #given = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Bytes at hand as a stream of one piece. */
  static of(bytes: Uint8Array): PrimedSource {
    return new PrimedSource(once(bytes));
  }

  /** @throws whatever the source throws */
  async prime(): Promise<void> {
    this.#first ??= await this.#next();
  }

  /** Whether somebody reads it already: a stream can be read once. */
  get given(): boolean {
    return this.#given;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    this.#given = true;
    return {
      next: async () => {
        const first = this.#first;
        this.#first = undefined;
        return first ?? this.#next();
      },
      return: async () => {
        await this.close();
        return { done: true, value: undefined };
      },
    };
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#source.return?.();
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    try {
      const result = await this.#source.next();
      if (result.done) this.#ended = true;
      return result;
    } catch (cause) {
      this.#ended = true;
      throw cause;
    }
  }
}
