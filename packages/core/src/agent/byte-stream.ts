import { concat } from '../wire/index.js';

/** Bytes at hand as a stream of one piece. */
export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

/** All bytes of a short stream. An agent may use the memory of a packet again for the next one, so each piece is copied. */
export async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const copies: Uint8Array[] = [];
  for await (const piece of pieces) copies.push(piece.slice());
  return concat(...copies);
}
