/** A test's hand on the host side of the frames. Builds the real frames; knows nothing of the agent's code. */
import { concat, decode, encode, u32, XFLASH_MAGIC, XflashFrameHeader, XflashFrameType } from '@unbrick/core/wire';
import { LeaveBus } from '../../../device/wire.js';
import { type FaultPlan, NO_FAULTS } from '../../../faults.js';
import type { Profile } from '../../../profiles/profile.js';
import type { AgentSession, PhoneLogEntry } from '../../session.js';
import { xflashAgentFirmware, xflashAgentState } from '../firmware.js';
import { runStage2 } from '../stage2.js';
import { FakeWire } from './fake-wire.js';
import { gptImages } from './gpt-image.js';
import { MemoryStorage } from './memory-storage.js';
import { MT6765, PARTITIONS } from './test-profile.js';

export interface TestPhoneOptions {
  profile?: Profile;
  storage?: MemoryStorage;
  faults?: Partial<FaultPlan>;
  bootedBy?: 'brom' | 'preloader';
  stage1?: Uint8Array;
  checksumLevel?: number;
  systemOs?: number;
  logging?: boolean;
}

export interface Frame {
  type: number;
  payload: Uint8Array;
}

/** An agent at the far end of a {@link FakeWire}. */
export class TestPhone {
  readonly wire = new FakeWire();
  readonly log: PhoneLogEntry[] = [];
  readonly storage: MemoryStorage;
  readonly session: AgentSession;
  /** Where the phone went when its program ended. */
  left: LeaveBus['to'] | undefined;
  failure: unknown;

  constructor(options: TestPhoneOptions = {}) {
    const profile = options.profile ?? MT6765;
    this.storage = options.storage ?? new MemoryStorage(profile.storage.kind, profile.storage.regions);
    this.session = {
      wire: this.wire,
      profile,
      storage: this.storage,
      bootedBy: options.bootedBy ?? 'preloader',
      stage1: options.stage1 ?? new Uint8Array(64),
      faults: { ...NO_FAULTS, ...options.faults },
      log: (entry) => this.log.push(entry),
    };
  }

  /** The whole agent, from the raw start byte. */
  static fromReset(options: TestPhoneOptions = {}): TestPhone {
    const phone = new TestPhone(options);
    phone.#run(xflashAgentFirmware(phone.session));
    return phone;
  }

  /** A running stage 2 whose SYNC has been taken. */
  static async atStage2(options: TestPhoneOptions = {}): Promise<TestPhone> {
    const phone = TestPhone.startingStage2(options);
    await phone.frames();
    return phone;
  }

  /** With a valid GPT on the card. */
  static async withTable(options: TestPhoneOptions = {}): Promise<TestPhone> {
    const phone = TestPhone.startingStage2(options);
    await writeTable(phone.storage);
    await phone.frames();
    return phone;
  }

  static startingStage2(options: TestPhoneOptions = {}): TestPhone {
    const phone = new TestPhone(options);
    const state = xflashAgentState(phone.session);
    state.stage = 'stage2';
    state.dramReady = true;
    state.systemOs = options.systemOs ?? 1;
    state.checksumLevel = options.checksumLevel ?? 0;
    state.channel.logging = options.logging ?? false;
    state.usbSpeed = 'full-speed';
    phone.#run(runStage2(state));
    return phone;
  }

  #run(program: Promise<void>): void {
    program
      .catch((error: unknown) => {
        if (error instanceof LeaveBus) this.left = error.to;
        else this.failure = error;
      })
      .finally(() => this.wire.ended());
  }

  /** All type-1 payloads that came, after the agent has nothing more to say. Log frames are dropped. */
  async frames(): Promise<Uint8Array[]> {
    return (await this.allFrames()).filter(({ type }) => type !== XflashFrameType.LOG).map(({ payload }) => payload);
  }

  async allFrames(): Promise<Frame[]> {
    await this.wire.idle();
    const stream = concat(...this.wire.sent.splice(0));
    const frames: Frame[] = [];
    for (let at = 0; at < stream.length; ) {
      const header = XflashFrameHeader.parse(stream, at);
      if (header.magic !== XFLASH_MAGIC) throw new Error(`no frame at ${at}`);
      at += XflashFrameHeader.size;
      frames.push({ type: header.type, payload: stream.slice(at, at + header.length) });
      at += header.length;
    }
    return frames;
  }

  /** Sends frames one after another; a number is a 4-byte frame. Then takes the answers, words as numbers. */
  async exchange(...payloads: (number | Uint8Array)[]): Promise<(number | Uint8Array)[]> {
    for (const payload of payloads) {
      this.wire.feed(frame(typeof payload === 'number' ? encode(u32, 'little', payload) : payload));
    }
    return (await this.frames()).map((payload) => (payload.length === 4 ? decode(u32, 'little', payload) : payload));
  }

  writes(): string[] {
    return this.log.filter(({ writes }) => writes).map(({ what }) => what);
  }
}

/** One frame; the header may be changed. */
export function frame(
  payload: Uint8Array,
  header: { magic?: number; type?: number; length?: number } = {},
): Uint8Array {
  return concat(
    XflashFrameHeader.build({
      magic: XFLASH_MAGIC,
      type: XflashFrameType.PROTOCOL,
      length: payload.length,
      ...header,
    }),
    payload,
  );
}

export async function writeTable(storage: MemoryStorage, partitions = PARTITIONS): Promise<void> {
  const size = storage.regions.get('user') as number;
  const { primary, backup } = gptImages(size, partitions);
  await storage.write('user', 0, primary);
  await storage.write('user', size - backup.length, backup);
}
