import { encode, u16, u32 } from '@unbrick/core/wire';
import type { DeviceWire } from '../device/wire.js';
import { AnsweredAsPlanned, type PlannedAnswers } from '../planned-answers.js';

/** How boot ROM and preloader talk: big-endian, each argument echoed, each reply item a transfer of its own. */
export class BootLine {
  readonly wire: DeviceWire;
  readonly answers: PlannedAnswers;

  constructor(wire: DeviceWire, answers: PlannedAnswers) {
    this.wire = wire;
    this.answers = answers;
  }

  /** One byte from the host, not echoed. */
  async byte(): Promise<number> {
    return (await this.wire.read(1))[0] as number;
  }

  async argument8(): Promise<number> {
    return (await this.#echoed(1))[0] as number;
  }

  async argument16(): Promise<number> {
    const echoed = await this.#echoed(2);
    return u16.read(new DataView(echoed.buffer, echoed.byteOffset, 2), 0, false);
  }

  async argument32(): Promise<number> {
    const echoed = await this.#echoed(4);
    return u32.read(new DataView(echoed.buffer, echoed.byteOffset, 4), 0, false);
  }

  async #echoed(count: number): Promise<Uint8Array> {
    const argument = await this.wire.read(count);
    await this.wire.write(argument);
    return argument;
  }

  reply8(value: number): Promise<void> {
    return this.wire.write(Uint8Array.of(value));
  }

  /** A status word. @throws AnsweredAsPlanned when another one was planned for this phone */
  async status(word: number): Promise<void> {
    const planned = this.answers.word();
    await this.reply16(planned ?? word);
    if (planned !== undefined) throw new AnsweredAsPlanned(planned);
  }

  reply16(...values: number[]): Promise<void> {
    return this.#each(values, (value) => encode(u16, 'big', value));
  }

  reply32(...values: number[]): Promise<void> {
    return this.#each(values, (value) => encode(u32, 'big', value));
  }

  async #each(values: number[], build: (value: number) => Uint8Array): Promise<void> {
    for (const value of values) await this.wire.write(build(value));
  }
}
