import { type DeviceWire, UnpluggedError } from '../../../device/wire.js';

/** Both ends of a cable in one object: the device reads what the test sends, the test sees what the device writes. */
export class FakeWire implements DeviceWire {
  /** Transfers of the device that the test has not taken yet. */
  readonly sent: Uint8Array[] = [];
  readonly products: number[] = [];
  #incoming: Uint8Array[] = [];
  #buffered = 0;
  #unplugged = false;
  #wake: (() => void) | undefined;
  #idleWaiters: (() => void)[] = [];

  /** Bytes from the host. */
  feed(...parts: Uint8Array[]): void {
    for (const part of parts) {
      if (part.length === 0) continue;
      this.#incoming.push(part);
      this.#buffered += part.length;
    }
    this.#wake?.();
  }

  unplug(): void {
    this.#unplugged = true;
    this.#wake?.();
  }

  /** Resolves when the device waits for bytes that are not there, or has ended (see {@link ended}). */
  async idle(): Promise<void> {
    if (this.#wake !== undefined) return;
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  /** The device's program is over: it will never wait again. */
  ended(): void {
    this.#wake = () => undefined;
    this.#rest();
  }

  async read(count: number): Promise<Uint8Array> {
    while (this.#buffered < count) await this.#more();
    const taken = new Uint8Array(count);
    for (let filled = 0; filled < count; ) {
      const piece = this.#take(count - filled);
      taken.set(piece, filled);
      filled += piece.length;
    }
    return taken;
  }

  async readSome(limit: number): Promise<Uint8Array> {
    while (this.#buffered === 0) await this.#more();
    return this.#take(limit);
  }

  async readWithin(_timeoutMs: number, limit: number): Promise<Uint8Array> {
    return this.#buffered === 0 ? new Uint8Array(0) : this.#take(limit);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#unplugged) throw new UnpluggedError();
    this.sent.push(bytes.slice());
  }

  async reEnumerate(productId: number): Promise<void> {
    this.products.push(productId);
  }

  #take(limit: number): Uint8Array {
    const first = this.#incoming[0] as Uint8Array;
    const piece = first.subarray(0, limit);
    if (piece.length === first.length) this.#incoming.shift();
    else this.#incoming[0] = first.subarray(piece.length);
    this.#buffered -= piece.length;
    return piece;
  }

  async #more(): Promise<void> {
    if (this.#unplugged) throw new UnpluggedError();
    await new Promise<void>((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
      this.#rest();
    });
    if (this.#unplugged) throw new UnpluggedError();
  }

  #rest(): void {
    const waiting = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiting) resolve();
  }
}
