import { Link } from '../../../link/link.js';
import { memoryPortPair } from '../../../link/memory-port.js';
import type { Port } from '../../../link/port.js';
import type { Region } from '../../../storage/storage.js';
import {
  concat,
  encode,
  LegacyByte,
  LegacyCommand,
  LegacyFormat,
  LegacyPart,
  LegacyRead,
  LegacyWriteData,
  sum16,
  u16,
  u32,
} from '../../../wire/index.js';
import { Conversation } from '../conversation.js';
import { LegacyAgent } from '../legacy-agent.js';
import { HASTY } from './samples.js';

const ACK = LegacyByte.ACK;

/** Switches that make the fake misbehave. */
export interface FakeTroubles {
  /** Packets of reads and writes, counted over the session from 0, whose checksum fails, and how often. */
  badSums?: Map<number, number>;
  /** Write packets, counted from 0, that the flash refuses with S_DA_SDMMC_WRITE_FAILED. */
  writeFails?: Set<number>;
  /** Read packets, counted from 0, in whose place comes S_DA_SDMMC_READ_FAILED. */
  readFails?: Set<number>;
  /** Write packet after which nothing is answered any more. */
  silentAfter?: number;
}

/**
 * The command loop of a legacy agent over a memory, just as much of it as the transfer tests need: it answers only what the
 * protocol page says and remembers every command it was given.
 */
export class FakeAgent {
  readonly memory: Map<Region, Uint8Array>;
  /** `60 user`, `READ 0+512`, `WRITE 0+512`, `STOP`, `E0`. */
  readonly log: string[] = [];
  readonly agent: LegacyAgent;
  readonly #link: Link;
  readonly #troubles: FakeTroubles;
  #region: Region = 'user';
  #packets = 0;

  constructor(userSize: number, troubles: FakeTroubles = {}) {
    this.memory = new Map([
      ['boot1', new Uint8Array(0x10000)],
      ['user', new Uint8Array(userSize)],
    ]);
    this.#troubles = troubles;
    const [host, device] = memoryPortPair('fake agent');
    this.#link = new Link(device);
    this.agent = agentOn(host, this.memory);
    this.#loop().catch(() => {});
  }

  get user(): Uint8Array {
    return this.memory.get('user') as Uint8Array;
  }

  async #loop(): Promise<void> {
    for (;;) {
      const command = await this.#byte();
      if (command === LegacyCommand.SDMMC_SWITCH_PART) {
        await this.#say(ACK);
        const part = await this.#byte();
        this.#region = part === LegacyPart.BOOT1 ? 'boot1' : 'user';
        this.log.push(`60 ${this.#region}`);
        await this.#say(ACK);
      } else if (command === LegacyCommand.CHECK_PC_SECURITY_INFO) {
        await this.#take(4);
        this.log.push('E0');
        await this.#say(ACK);
      } else if (command === LegacyCommand.READ) await this.#read();
      else if (command === LegacyCommand.SDMMC_WRITE_DATA) await this.#write();
      else if (command === LegacyCommand.FORMAT) await this.#format();
      else this.log.push(`unknown ${command.toString(16)}`);
    }
  }

  async #read(): Promise<void> {
    const { address, length } = LegacyRead.parse(await this.#take(LegacyRead.size));
    this.log.push(`READ ${address}+${length}`);
    await this.#say(ACK);
    const packetSize = new DataView((await this.#take(4)).slice().buffer).getUint32(0);
    for (let at = 0; at < length; ) {
      if (this.#troubles.readFails?.delete(this.#packets)) return this.#refuse(0xc51);
      const data = this.#current.subarray(address + at, address + Math.min(at + packetSize, length));
      const sum = sum16(data) ^ (this.#failsNow() ? 1 : 0);
      await this.#link.write(data, encode(u16, 'big', sum));
      if ((await this.#byte()) === ACK) {
        at += data.length;
        this.#packets++;
      }
    }
  }

  async #write(): Promise<void> {
    const { address, length, packetSize } = LegacyWriteData.parse(await this.#take(LegacyWriteData.size));
    this.log.push(`WRITE ${address}+${length}`);
    await this.#say(ACK);
    for (let at = 0; at < length; ) {
      const prefix = await this.#byte();
      if (prefix === LegacyByte.STOP) {
        this.log.push('STOP');
        return;
      }
      const size = Math.min(packetSize, length - at);
      const raw = await this.#take(size + 2);
      const data = raw.subarray(0, size);
      if (this.#troubles.silentAfter === this.#packets) return void (await new Promise(() => {}));
      const sum = ((raw[size] as number) << 8) | (raw[size + 1] as number);
      if (prefix !== ACK || sum !== sum16(data) || this.#failsNow()) await this.#refuse(0xbf9);
      else if (this.#troubles.writeFails?.has(this.#packets)) await this.#refuse(0xc52);
      else {
        // As real agents do: what looks like a sparse image is not stored as it is.
        if (at === 0 && size >= 4 && data[0] === 0x3a && data[1] === 0xff && data[2] === 0x26 && data[3] === 0xed) {
          this.log.push('UNPACKED');
        } else this.#current.set(data, address + at);
        at += size;
        this.#packets++;
        await this.#say(LegacyByte.CONT);
      }
    }
  }

  async #format(): Promise<void> {
    const { address, length } = LegacyFormat.parse(await this.#take(LegacyFormat.size));
    this.log.push(`FORMAT ${address}+${length}`);
    this.#current.fill(0xff, address, address + length);
    await this.#say(ACK, ACK, 0, 0, 0, 0, 100);
    await this.#byte();
    await this.#say(ACK, ACK);
  }

  get #current(): Uint8Array {
    return this.memory.get(this.#region) as Uint8Array;
  }

  #failsNow(): boolean {
    const left = this.#troubles.badSums?.get(this.#packets) ?? 0;
    if (left > 0) this.#troubles.badSums?.set(this.#packets, left - 1);
    return left > 0;
  }

  async #refuse(word: number): Promise<void> {
    await this.#link.write(concat(Uint8Array.of(LegacyByte.NACK), encode(u32, 'big', word)));
  }

  async #byte(): Promise<number> {
    return (await this.#take(1))[0] as number;
  }

  #take(count: number): Promise<Uint8Array> {
    return this.#link.read(count, { timeoutMs: 10_000, what: 'the host' });
  }

  #say(...bytes: number[]): Promise<void> {
    return this.#link.write(Uint8Array.from(bytes));
  }
}

/** A running agent over a port, as if its start-up had just ended. */
export function agentOn(port: Port, memory: Map<Region, Uint8Array>, notes: string[] = []): LegacyAgent {
  return new LegacyAgent(new Conversation(new Link(port), HASTY), {
    version: 'fake',
    storage: {
      kind: 'emmc',
      blockSize: 512,
      regions: new Map([...memory].map(([region, bytes]) => [region, bytes.length])),
      id: new Uint8Array(16),
    },
    onNote: (note) => notes.push(note),
  });
}

/** `bytes` in pieces of a size that fits nothing. */
export async function* pieces(bytes: Uint8Array, size = 7919): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return concat(...parts);
}

/** Bytes that repeat late enough to show a packet in the wrong place. */
export function content(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i ^ (i >> 8) ^ (i >> 15)) & 0xff);
}
