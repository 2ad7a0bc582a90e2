import { ascii, hexBytes, READY_TEXT } from '../wire/index.js';

const READY = ascii(READY_TEXT);
/** Enough to recognise a protocol by, little enough for one line. */
const KEPT = 32;

/** What a phone said while nobody could make sense of it: counted, with the first bytes kept as evidence. */
export class HeardBytes {
  /** READY texts. */
  ready = 0;
  /** Bytes outside of READY texts. */
  other = 0;
  #first: number[] = [];
  #readyMatched = 0;

  add(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === READY[this.#readyMatched]) {
        this.#readyMatched++;
        if (this.#readyMatched === READY.length) {
          this.ready++;
          this.#readyMatched = 0;
        }
        continue;
      }
      // The letters so far were no READY after all, unless the text began just before the line was listened to.
      for (const letter of READY.subarray(0, this.#readyMatched)) this.#keep(letter);
      this.#readyMatched = byte === READY[0] ? 1 : 0;
      if (this.#readyMatched === 0) this.#keep(byte);
    }
  }

  /** Facts for an error message. */
  evidence(): string[] {
    const facts: string[] = [];
    if (this.ready > 0) facts.push(`the preloader said READY ${this.ready === 1 ? 'once' : `${this.ready} times`}`);
    if (this.other > 0) {
      const first = hexBytes(Uint8Array.from(this.#first));
      facts.push(`${this.other} other bytes came${this.other > KEPT ? `, the first of them ${first}` : `: ${first}`}`);
    }
    return facts.length > 0 ? facts : ['not one byte came'];
  }

  #keep(byte: number): void {
    this.other++;
    if (this.#first.length < KEPT) this.#first.push(byte);
  }
}
