import { concat, encode, LegacyByte, u16, u32, viewOf } from '@unbrick/core/wire';
import type { DeviceWire } from '../../device/wire.js';
import { AnsweredAsPlanned, type PlannedAnswers } from '../../planned-answers.js';

/** What a declared layout owes {@link HostLine.layout}. */
interface Layout<V> {
  readonly size: number;
  readonly offsets: { readonly [K in keyof V]: number };
  parse(source: Uint8Array): V;
}

/** The agent's conversation with the host: big-endian fields in, acknowledgements and error words out. */
export class HostLine {
  constructor(
    readonly wire: DeviceWire,
    readonly answers: PlannedAnswers,
  ) {}

  async u8(): Promise<number> {
    return (await this.wire.read(1))[0] as number;
  }

  async u16(): Promise<number> {
    return viewOf(await this.wire.read(2)).getUint16(0);
  }

  async u32(): Promise<number> {
    return viewOf(await this.wire.read(4)).getUint32(0);
  }

  /** Exactly `count` bytes; none are waited for when `count` is 0. */
  async bytes(count: number): Promise<Uint8Array> {
    return count === 0 ? new Uint8Array(0) : this.wire.read(count);
  }

  /** Takes `count` bytes off the line without keeping them. */
  async skip(count: number): Promise<void> {
    for (let rest = count; rest > 0; ) rest -= (await this.wire.readSome(Math.min(rest, 65_536))).length;
  }

  /**
   * The arguments of a command. The fields named in `wide` are 64-bit: a value beyond 2^53 becomes the largest exact
   * number, so that a mad address ends in a range error, as on a phone, and not in a fault of this program.
   */
  async layout<V>(layout: Layout<V>, wide: readonly (keyof V)[] = []): Promise<V> {
    const raw = (await this.wire.read(layout.size)).slice();
    for (const name of wide) clampWide(raw, layout.offsets[name]);
    return layout.parse(raw);
  }

  /** One USB transfer: the parts one after another. */
  async send(...parts: Uint8Array[]): Promise<void> {
    await this.wire.write(parts.length === 1 ? (parts[0] as Uint8Array) : concat(...parts));
  }

  async sendByte(...values: number[]): Promise<void> {
    await this.wire.write(Uint8Array.from(values));
  }

  async sendWord(value: number): Promise<void> {
    await this.wire.write(word(value));
  }

  /** @throws AnsweredAsPlanned when a refusal was planned for this phone */
  async ack(): Promise<void> {
    const planned = this.answers.word();
    if (planned !== undefined) {
      await this.refuse(planned);
      throw new AnsweredAsPlanned(planned);
    }
    await this.sendByte(LegacyByte.ACK);
  }

  /** Refusal in the generic form: NACK, then the error word. */
  async refuse(error: number): Promise<void> {
    await this.send(Uint8Array.of(LegacyByte.NACK), word(error));
  }
}

/** A 32-bit word as it travels. */
export function word(value: number): Uint8Array {
  return encode(u32, 'big', value);
}

/** A 16-bit word as it travels. */
export function halfword(value: number): Uint8Array {
  return encode(u16, 'big', value);
}

function clampWide(raw: Uint8Array, offset: number): void {
  if (raw[offset] === 0 && (raw[offset + 1] as number) <= 0x1f) return;
  viewOf(raw).setBigUint64(offset, BigInt(Number.MAX_SAFE_INTEGER));
}
