/** A running XML agent at the far end of a {@link FakeWire}, and the host's hand on the near end. Knows nothing of the agent's code. */
import { concat, XFLASH_MAGIC, XflashFrameHeader, XflashFrameType } from '@unbrick/core/wire';
import { birth } from '../../../birth/birth.js';
import { LeaveBus, UnpluggedError } from '../../../device/wire.js';
import { type FaultPlan, NO_FAULTS } from '../../../faults.js';
import type { Profile } from '../../../profiles/profile.js';
import { extentsOf, findProfile } from '../../../profiles/profiles.js';
import { FaultyStorage } from '../../../storage/faulty-storage.js';
import { MemoryStorage } from '../../../storage/memory-storage.js';
import type { PhoneLogEntry } from '../../session.js';
import { FakeWire } from '../../xflash/testing/fake-wire.js';
import { newXmlAgentState, type XmlAgentState } from '../agent-state.js';
import { runCommands } from '../command-loop.js';
import { xmlAgentFirmware } from '../firmware.js';
import { stage2Commands } from '../stage2.js';

export interface PhoneOptions {
  profile?: Profile;
  bootedBy?: 'brom' | 'preloader';
  stage1?: Uint8Array;
  faults?: Partial<FaultPlan>;
  /** Partitions whose writes fail. */
  writeError?: string;
  /** The storage has never been written. */
  blank?: boolean;
  /** Starts stage 2 at once, with these changes to what it knows. */
  stage2?: (state: XmlAgentState) => void;
}

export class PhoneUnderTest {
  readonly wire = new FakeWire();
  readonly log: PhoneLogEntry[] = [];
  readonly profile: Profile;
  readonly storage: MemoryStorage;
  /** Where the phone went when its program ended. */
  left: LeaveBus['to'] | undefined;
  failure: unknown;
  #frames: { type: number; payload: Uint8Array }[] = [];

  private constructor(profile: Profile) {
    this.profile = profile;
    this.storage = new MemoryStorage(profile.storage.kind, profile.storage.regions);
  }

  static async start(options: PhoneOptions = {}): Promise<PhoneUnderTest> {
    const phone = new PhoneUnderTest(options.profile ?? findProfile('mt6895-ufs'));
    const { profile, storage } = phone;
    if (!options.blank) await birth(storage, profile);
    const session = {
      wire: phone.wire,
      profile,
      storage: options.writeError
        ? new FaultyStorage(storage, { writeError: extentsOf(profile, options.writeError) })
        : storage,
      bootedBy: options.bootedBy ?? 'preloader',
      stage1: options.stage1 ?? new Uint8Array(64),
      faults: { ...NO_FAULTS, ...options.faults },
      log: (entry: PhoneLogEntry) => phone.log.push(entry),
    } as const;
    if (options.stage2) {
      const state = newXmlAgentState(session);
      state.stage = 'stage2';
      state.dramReady = true;
      state.storageReady = true;
      options.stage2(state);
      phone.#run(runCommands(state, stage2Commands(profile)));
    } else {
      phone.#run(xmlAgentFirmware(session));
    }
    return phone;
  }

  #run(program: Promise<unknown>): void {
    program
      .catch((error: unknown) => {
        if (error instanceof LeaveBus) this.left = error.to;
        else if (!(error instanceof UnpluggedError)) this.failure = error;
      })
      .finally(() => this.wire.ended());
  }

  sendText(text: string): void {
    this.sendData(new TextEncoder().encode(`${text}\0`));
  }

  sendData(payload: Uint8Array, header: { magic?: number; length?: number } = {}): void {
    const frame = { magic: XFLASH_MAGIC, type: XflashFrameType.PROTOCOL, length: payload.length, ...header };
    this.wire.feed(XflashFrameHeader.build(frame), payload);
  }

  /** The next frame, or nothing when the agent waits for the host or has ended. */
  async frame(): Promise<Uint8Array | undefined> {
    if (this.#frames.length === 0) await this.#listen();
    const next = this.#frames.shift();
    return next?.type === XflashFrameType.LOG ? this.frame() : next?.payload;
  }

  /** The next frame, which has to be a text with its NUL. */
  async text(): Promise<string> {
    const payload = await this.frame();
    if (payload === undefined) throw this.failure ?? new Error('the agent says nothing');
    const text = new TextDecoder().decode(payload);
    if (!text.endsWith('\0')) throw new Error(`no NUL at the end of ${JSON.stringify(text.slice(0, 80))}`);
    return text.slice(0, -1);
  }

  async data(): Promise<Uint8Array> {
    const payload = await this.frame();
    if (payload === undefined) throw this.failure ?? new Error('the agent sends nothing');
    return payload;
  }

  /** Lines of the agent's log that came so far. */
  async logLines(): Promise<string[]> {
    await this.#listen();
    return this.#frames
      .filter(({ type }) => type === XflashFrameType.LOG)
      .map(({ payload }) => new TextDecoder().decode(payload.subarray(4)).trim());
  }

  async #listen(): Promise<void> {
    await this.wire.idle();
    const stream = concat(...this.wire.sent.splice(0));
    for (let at = 0; at < stream.length; ) {
      const { magic, type, length } = XflashFrameHeader.parse(stream, at);
      if (magic !== XFLASH_MAGIC) throw new Error(`no frame at ${at}`);
      at += XflashFrameHeader.size;
      this.#frames.push({ type, payload: stream.slice(at, at + length) });
      at += length;
    }
  }

  writes(): string[] {
    return this.log.filter(({ writes }) => writes).map(({ what }) => what);
  }
}
