/** What the tests of this folder stand on: a cable, a flash memory in RAM, a phone, and a host that speaks in hex. */
import type { StorageKind } from '@unbrick/core';
import { concat, encode, hexBytes, sum16, u16, u32 } from '@unbrick/core/wire';
import type { DeviceWire } from '../../../device/wire.js';
import { type FaultPlan, NO_FAULTS } from '../../../faults.js';
import type { Profile } from '../../../profiles/profile.js';
import { type PhoneStorage, type StorageArea, StorageFault } from '../../../storage/phone-storage.js';
import type { PhoneLogEntry } from '../../session.js';
import { legacyAgent } from '../firmware.js';
import type { LegacyTraits } from '../stage1.js';
import type { LegacyAgentOptions } from '../stage2-state.js';

export const fromHex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/[0-9a-fA-F]{2}/g) ?? [], (digits) => Number.parseInt(digits, 16));
export const toHex = (bytes: Uint8Array): string => (hexBytes(bytes).match(/../g) ?? []).join(' ');
export const be32 = (value: number): Uint8Array => encode(u32, 'big', value);
export const be16 = (value: number): Uint8Array => encode(u16, 'big', value);
export const sumOf = (bytes: Uint8Array): Uint8Array => be16(sum16(bytes));

/** `hung` is how firmware that has given up reads: everything, for ever. */
type Waiting = { count: number; hung: boolean; deliver: (bytes: Uint8Array) => void };

/** Both ends of a cable. The host end knows when the phone waits for it: silence needs no clock. */
export class TestCable implements DeviceWire {
  readonly productIds: number[] = [];
  private input: Uint8Array = new Uint8Array(0);
  private output: Uint8Array = new Uint8Array(0);
  private waiting: Waiting | undefined;
  private onChange: (() => void)[] = [];
  /** How the firmware ended. */
  ended: unknown;

  read(count: number): Promise<Uint8Array> {
    return this.take(count, count, false);
  }
  readSome(limit: number): Promise<Uint8Array> {
    return this.take(1, limit, limit === 65_536);
  }
  async readWithin(timeoutMs: number, limit: number): Promise<Uint8Array> {
    const timer = setTimeout(() => {
      const waiting = this.waiting;
      this.waiting = undefined;
      waiting?.deliver(new Uint8Array(0));
    }, timeoutMs);
    const bytes = await this.take(1, limit, false);
    clearTimeout(timer);
    return bytes;
  }
  async write(bytes: Uint8Array): Promise<void> {
    this.output = concat(this.output, bytes);
    this.changed();
  }
  async reEnumerate(productId: number): Promise<void> {
    this.productIds.push(productId);
  }

  private take(least: number, limit: number, hung: boolean): Promise<Uint8Array> {
    return new Promise((resolve) => {
      this.waiting = {
        count: least,
        hung,
        deliver: () => {
          const bytes = this.input.slice(0, limit);
          this.input = this.input.slice(limit);
          resolve(bytes);
        },
      };
      this.serve();
    });
  }

  private serve(): void {
    if (this.waiting && this.input.length >= this.waiting.count) {
      const { deliver } = this.waiting;
      this.waiting = undefined;
      deliver(this.input);
    } else this.changed();
  }

  private changed(): void {
    for (const wake of this.onChange.splice(0)) wake();
  }

  finish(reason: unknown): void {
    this.ended = reason;
    this.changed();
  }

  // ---- the host's end

  send(...parts: (Uint8Array | string)[]): void {
    this.input = concat(this.input, ...parts.map((part) => (typeof part === 'string' ? fromHex(part) : part)));
    this.serve();
  }

  /** Exactly `count` bytes; an error as soon as the phone waits with less sent. */
  async receive(count: number): Promise<Uint8Array> {
    while (this.output.length < count) {
      if (this.waiting || this.ended !== undefined) {
        throw new Error(`${count} bytes expected, the phone sent only ${toHex(this.output)}`);
      }
      await new Promise<void>((wake) => this.onChange.push(wake));
    }
    const bytes = this.output.slice(0, count);
    this.output = this.output.slice(count);
    return bytes;
  }

  /** All the phone sends until it waits for the host or leaves the bus, as hex. */
  async answer(): Promise<string> {
    while (!this.waiting && this.ended === undefined) {
      await new Promise<void>((wake) => this.onChange.push(wake));
    }
    const text = toHex(this.output);
    this.output = new Uint8Array(0);
    return text;
  }

  /** Sends, and gives the answer in hex. */
  ask(...parts: (Uint8Array | string)[]): Promise<string> {
    this.send(...parts);
    return this.answer();
  }

  /** Whether the firmware has given up and will never answer again. */
  async hasHung(): Promise<boolean> {
    await this.answer();
    return this.waiting?.hung ?? false;
  }
}

const PAGE = 0x10000;

/** A flash memory in RAM. Unwritten bytes read as zero. */
export class TestStorage implements PhoneStorage {
  readonly kind: StorageKind;
  readonly regions: ReadonlyMap<StorageArea, number>;
  private readonly pages = new Map<string, Uint8Array>();
  /** Writes, reads and erases that touch this byte of the user region fail. */
  brokenAt: number | undefined;
  /** Writes that touch this byte of the user region store it wrong. */
  wornAt: number | undefined;
  writes = 0;

  constructor(kind: StorageKind, regions: Partial<Record<StorageArea, number>>) {
    this.kind = kind;
    this.regions = new Map(Object.entries(regions) as [StorageArea, number][]);
  }

  async read(region: StorageArea, offset: number, length: number): Promise<Uint8Array> {
    this.check(region, offset, length);
    const bytes = new Uint8Array(length);
    this.walk(region, offset, length, (page, at, from, count) => bytes.set(page.subarray(at, at + count), from), false);
    return bytes;
  }
  async write(region: StorageArea, offset: number, bytes: Uint8Array): Promise<void> {
    this.check(region, offset, bytes.length);
    this.writes++;
    this.walk(
      region,
      offset,
      bytes.length,
      (page, at, from, count) => page.set(bytes.subarray(from, from + count), at),
      true,
    );
    if (this.wornAt !== undefined && this.wornAt >= offset && this.wornAt < offset + bytes.length) {
      this.walk('user', this.wornAt, 1, (page, at) => page.set([(page[at] as number) ^ 1], at), true);
    }
  }
  async erase(region: StorageArea, offset: number, length: number): Promise<void> {
    this.check(region, offset, length);
    for (const [key, page] of this.pages) {
      const [name, number] = key.split(':') as [string, string];
      const start = Number(number) * PAGE;
      if (name !== region || start + PAGE <= offset || start >= offset + length) continue;
      page.fill(0, Math.max(0, offset - start), Math.min(PAGE, offset + length - start));
    }
  }
  async close(): Promise<void> {}

  private check(region: StorageArea, offset: number, length: number): void {
    const size = this.regions.get(region) ?? 0;
    if (offset < 0 || length < 0 || offset + length > size) throw new RangeError(`outside ${region}`);
    if (
      region === 'user' &&
      this.brokenAt !== undefined &&
      this.brokenAt >= offset &&
      this.brokenAt < offset + length
    ) {
      throw new StorageFault('broken');
    }
  }

  private walk(
    region: StorageArea,
    offset: number,
    length: number,
    use: (page: Uint8Array, at: number, from: number, count: number) => void,
    create: boolean,
  ): void {
    for (let done = 0; done < length; ) {
      const number = Math.floor((offset + done) / PAGE);
      const at = (offset + done) % PAGE;
      const count = Math.min(PAGE - at, length - done);
      let page = this.pages.get(`${region}:${number}`);
      if (!page && create) {
        page = new Uint8Array(PAGE);
        this.pages.set(`${region}:${number}`, page);
      }
      if (page) use(page, at, done, count);
      done += count;
    }
  }
}

const MT6580: LegacyTraits = {
  daMajor: 4,
  daMinor: 2,
  baseband: 0x9c,
  nandIdCount: 7,
  nandSizeBits: 64,
  bmtWord: false,
  extraConfig: 'slc',
  dramExchange: 'list',
  emiVersion: 21,
  emiItemSize: 0xbc,
};

/** The phone of the captures: MT6580 with 8 GB of eMMC. */
export function testProfile(traits: Partial<LegacyTraits> = {}, table: 'gpt' | 'pmt' = 'gpt'): Profile {
  return {
    name: 'test',
    description: 'MT6580 phone',
    platform: 'MT6580',
    project: 'k80hd',
    hwCode: 0x6580,
    hwSubCode: 0x8a00,
    hwVersion: 0xca00,
    swVersion: 0,
    bootRom: { version: 5, targetConfig: 0, writeStatus: 1, meId: '000102030405060708090a0b0c0d0e0f' },
    preloader: { generation: 1, targetConfig: 0, agentAddress: 0x80001000, windowMs: 2500 },
    modes: ['preloader', 'brom'],
    agent: {
      generation: 'legacy',
      fileHwCode: 0x6580,
      stage1Address: 0x200000,
      stage2Address: 0x80000000,
      legacy: { ...MT6580, ...traits },
    },
    storage: {
      kind: 'emmc',
      blockSize: 512,
      regions: { boot1: 0x400000, boot2: 0x400000, rpmb: 0x400000, user: 0x1d2000000 },
      id: '150100444a35424d420755018a34f2c1',
      firmwareVersion: '0700000000000000',
      table,
    },
    ramSize: 0x40000000,
    partitions: [],
  } as Profile;
}

export interface Bench {
  host: TestCable;
  storage: TestStorage;
  profile: Profile;
  log: PhoneLogEntry[];
}

export interface BenchOptions {
  profile?: Profile;
  bootedBy?: 'brom' | 'preloader';
  faults?: Partial<FaultPlan>;
  stage1?: Uint8Array;
  agent?: Partial<LegacyAgentOptions>;
  /** What is done to the flash memory before the agent looks at it. */
  prepare?: (storage: TestStorage, profile: Profile) => Promise<void>;
}

/** A phone whose boot stage has just jumped to the agent. */
export function startAgent(options: BenchOptions = {}): Bench {
  const { profile = testProfile(), bootedBy = 'preloader', faults = {}, stage1 = new Uint8Array(0x4000) } = options;
  const host = new TestCable();
  const storage = new TestStorage(profile.storage.kind, profile.storage.regions);
  const log: PhoneLogEntry[] = [];
  void legacyAgent(options.agent)({
    wire: host,
    profile,
    storage,
    bootedBy,
    stage1,
    faults: { ...NO_FAULTS, ...faults },
    log: (entry) => log.push(entry),
  }).catch((reason) => host.finish(reason));
  return { host, storage, profile, log };
}

/** The 18 fixed configuration bytes of a preloader session, and the SLC block. */
export const CONFIG = 'ff 01 00 08 00 70 07 ff ff 01 00 00 00 00 02 01 02 00';
export const SLC_BLOCK = '00 00 00 01 46 46 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ff 00 00 00';

/** Goes through stage 1 up to the DRAM state word, which is left on the line. */
export async function passConfig(host: TestCable, extra = SLC_BLOCK): Promise<void> {
  await host.answer();
  await host.ask('5a');
  host.send(CONFIG, extra);
}

/** Uploads a small stage 2. @returns what stage 2 says up to the chip check */
export async function uploadStage2(host: TestCable, stage2 = new Uint8Array(0x300)): Promise<string> {
  await host.ask('80 00 00 00', be32(stage2.length), be32(stage2.length));
  await host.ask(stage2);
  return host.ask('5a');
}

/** A phone in the command loop of stage 2. */
export async function startStage2(options: BenchOptions = {}): Promise<Bench> {
  const bench = startAgent({ profile: testProfile({ extraConfig: 'none' }), ...options });
  await options.prepare?.(bench.storage, bench.profile);
  await passConfig(bench.host, '');
  await bench.host.answer();
  await uploadStage2(bench.host);
  bench.log.length = 0;
  return bench;
}

/** An EMI entry of versions 12 to 47 for an eMMC whose CID begins with `id`. */
export function emiItem(id: Uint8Array, type = 0x0203, size = 0xbc): Uint8Array {
  const item = new Uint8Array(size);
  item.set(encode(u32, 'little', type), 4);
  item.set(encode(u32, 'little', id.length), 8);
  item.set(id, 16);
  return item;
}
