import type { Port } from '@unbrick/core';
import { concat, hexBytes } from '@unbrick/core/wire';

/** For tests: a host that plays a script and knows no protocol. */
export class ScriptedHost {
  readonly port: Port;
  #buffer: Uint8Array = new Uint8Array(0);

  constructor(port: Port) {
    this.port = port;
  }

  async send(hex: string): Promise<void> {
    await this.port.send(fromHex(hex));
  }

  /** Exactly `count` bytes as hex digits; fails with what had arrived when they do not come in time. */
  async receive(count: number, timeoutMs = 2000): Promise<string> {
    const signal = AbortSignal.timeout(timeoutMs);
    while (this.#buffer.length < count) {
      let more: Uint8Array | null;
      try {
        more = await this.port.receive(signal);
      } catch {
        throw new Error(`only '${hexBytes(this.#buffer)}' came, ${count} bytes were expected`);
      }
      if (more === null) throw new Error(`the phone left after '${hexBytes(this.#buffer)}'`);
      this.#buffer = concat(this.#buffer, more);
    }
    const taken = hexBytes(this.#buffer.subarray(0, count));
    this.#buffer = this.#buffer.slice(count);
    return taken;
  }

  /** What has come after a moment of silence, as hex digits. */
  async silence(ms = 30): Promise<string> {
    const signal = AbortSignal.timeout(ms);
    for (;;) {
      try {
        const more = await this.port.receive(signal);
        if (more === null) break;
        this.#buffer = concat(this.#buffer, more);
      } catch {
        break;
      }
    }
    const seen = hexBytes(this.#buffer);
    this.#buffer = new Uint8Array(0);
    return seen;
  }

  /** Resolves when the phone has left the bus, with what it still sent. */
  async untilGone(timeoutMs = 2000): Promise<string> {
    const signal = AbortSignal.timeout(timeoutMs);
    for (let more = await this.port.receive(signal); more; more = await this.port.receive(signal)) {
      this.#buffer = concat(this.#buffer, more);
    }
    const seen = hexBytes(this.#buffer);
    this.#buffer = new Uint8Array(0);
    return seen;
  }

  /** Sends, then expects exactly this answer. */
  async exchange(send: string, expect: string): Promise<void> {
    await this.send(send);
    const wanted = expect.replaceAll(' ', '').toLowerCase();
    const got = await this.receive(wanted.length / 2);
    if (got !== wanted) throw new Error(`→ ${send} ← ${got}, expected ${wanted}`);
  }

  /** A boot ROM's handshake. */
  async handshake(): Promise<void> {
    await this.exchange('a0', '5f');
    await this.exchange('0a', 'f5');
    await this.exchange('50', 'af');
    await this.exchange('05', 'fa');
  }

  /** A preloader's handshake: through the READY stream and the swallowed first byte. */
  async preloaderHandshake(): Promise<void> {
    await this.send('a0');
    await new Promise((resolve) => setTimeout(resolve, 30));
    await this.send('a0');
    let seen = '';
    while (!seen.endsWith('5f')) seen += await this.receive(1);
    await this.exchange('0a', 'f5');
    await this.exchange('50', 'af');
    await this.exchange('05', 'fa');
  }
}

export function fromHex(hex: string): Uint8Array {
  const digits = hex.replaceAll(' ', '');
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
