import {
  flash,
  type JobEvent,
  MemoryFolder,
  type Outcome,
  openFirmware,
  type Port,
  type PortSource,
} from '@unbrick/core';
import { practiceFirmware } from '@unbrick/phone';
import { afterEach, expect, test, vi } from 'vitest';
import { contentOf, plugIn, sameBytes, smallNandProfile, smallProfile } from '../support/small-phone.js';
import { mutate, type Random, random } from './mutate.js';

/** Jobs a phone in the short run, which is the same every time. `node scripts/fuzz.mjs` is the long one. */
const SHORT_RUN = 8;

const seconds = Number(process.env.UNBRICK_FUZZ_SECONDS ?? 0);
const firstSeed = Number(process.env.UNBRICK_FUZZ_SEED ?? 1);
const only = process.env.UNBRICK_FUZZ_TARGET;

const PHONES = ['mt6735-emmc', 'mt6765-emmc', 'mt6833-ufs', 'mt6855-emmc', 'small-nand'];

/** Turns of the event loop without a byte on the link after which everybody waits for a clock. */
const IDLE_TURNS = 40;
/** Hashes are made beside the event loop and are given this long, real ms. A deadline that comes too early is one more wound. */
const IDLE_MS = 2;

const sleep = globalThis.setTimeout;

afterEach(() => {
  vi.useRealTimers();
});

/** Whatever a phone answers, the job ends, with an error of ours, and says "done" only of what is on the phone. */
test.for(PHONES)('garbled answers of %s', { timeout: 300_000 + seconds * 1000 }, async (base, { skip }) => {
  skip(only !== undefined && base !== only);
  const profile = base === 'small-nand' ? smallNandProfile() : smallProfile(base);
  const firmware = await openFirmware(
    new MemoryFolder('firmware', Object.fromEntries(await practiceFirmware(profile))),
  );
  const attempt = async (wound?: Random) => {
    const { phone, storage } = await plugIn(profile);
    const link = new WoundedLink(phone.portSource(), wound);
    const events: JobEvent[] = [];
    const job = flash({ firmware, source: link, waitMs: 20_000, emit: (event) => events.push(event) });
    const { outcome } = await (wound ? inVirtualTime(job, link) : job);
    await (wound ? inVirtualTime(phone.close(), link) : phone.close());
    return { outcome, events, content: await contentOf(storage) };
  };

  const whole = await attempt();
  expect(whole.outcome).toBe('done');
  // Most damage ends in a deadline: the clock is moved on as soon as everybody waits for it.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const outcomes: Partial<Record<Outcome, number>> = {};
  const end = Date.now() + seconds * 1000;
  for (let seed = firstSeed; ; seed++) {
    const count = seed - firstSeed;
    if (seconds > 0 ? Date.now() > end : count >= SHORT_RUN) break;
    const { outcome, events, content } = await attempt(random(seed));
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    const errors = events.filter((event) => event.type === 'error');
    expect(
      errors.filter(({ code }) => code === 'INTERNAL'),
      `seed ${seed}`,
    ).toEqual([]);
    if (outcome !== 'done') continue;
    for (const [region, bytes] of whole.content) {
      expect(sameBytes(bytes, content.get(region)), `seed ${seed}: done, but ${region} is not`).toBe(true);
    }
  }
  // Damage that nobody notices would prove nothing.
  expect(outcomes.failed ?? 0, JSON.stringify(outcomes)).toBeGreaterThan(0);
});

/** A link on which one or two pieces of what the phone sends arrive damaged. */
class WoundedLink implements PortSource {
  readonly name = 'wounded';
  /** Bytes and waits so far: as long as it grows, somebody is at work. */
  activity = 0;
  /** Pieces until the next wound. */
  #left = Number.POSITIVE_INFINITY;
  #before = new Uint8Array(4);

  constructor(
    private readonly source: PortSource,
    private readonly wound: Random | undefined,
  ) {
    this.#next();
  }

  /** Most of what can go wrong lies in the first pieces, where every byte is an answer. */
  #next() {
    if (this.wound) this.#left = Math.floor(2 ** (this.wound() * 11));
  }

  async open(...args: Parameters<PortSource['open']>): Promise<Port> {
    const port = await this.source.open(...args);
    const opened: Port = {
      name: port.name,
      ...(port.identity ? { identity: port.identity } : {}),
      receive: async (...wanted) => {
        this.activity++;
        const bytes = await port.receive(...wanted);
        this.activity++;
        if (!bytes || !this.wound || --this.#left > 0) return bytes;
        this.#next();
        const damaged = mutate(bytes, this.#before, this.wound);
        this.#before = bytes.slice();
        return damaged;
      },
      send: async (...sent) => {
        this.activity++;
        await port.send(...sent);
      },
      close: () => port.close(),
    };
    return opened;
  }
}

/** Waits for `work` and moves the clock on whenever nothing else can happen. */
async function inVirtualTime<T>(work: Promise<T>, link: WoundedLink): Promise<T> {
  let over = false;
  const done = work.finally(() => {
    over = true;
  });
  while (!over) {
    const before = link.activity;
    let turns = 0;
    while (!over && link.activity === before && turns++ < IDLE_TURNS) await new Promise(setImmediate);
    if (over || link.activity !== before) continue;
    await new Promise((resolve) => sleep(resolve, IDLE_MS));
    if (!over && link.activity === before) vi.advanceTimersToNextTimer();
  }
  return done;
}
