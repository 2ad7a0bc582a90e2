import { createPublicKey, createSign, generateKeyPairSync } from 'node:crypto';
import {
  ConnectGuide,
  type Finding,
  type FlashJob,
  type FlashResult,
  flash,
  type JobEvent,
  MemoryFolder,
  openFirmware,
} from '@unbrick/core';
import { lookUp } from '@unbrick/core/explain';
import {
  findProfile,
  MemoryStorage,
  NO_FAULTS,
  type PhoneLogEntry,
  parseProfile,
  practiceFirmware,
  profileText,
  VirtualPhone,
  type VirtualPhoneOptions,
} from '@unbrick/phone';
import { openPhone } from '@unbrick/phone/node';
import { describe, expect, it } from 'vitest';
import { MemoryBackupShelf } from '../support/memory-shelf.js';
import { contentOf, PRECIOUS, partitionBytes, plugIn, sameBytes, smallProfile } from '../support/small-phone.js';

/** What people with a dead phone meet, from the first try to the end: each story ends well. */

const TIMEOUT = 60_000;

interface Story {
  events: JobEvent[];
  result: FlashResult;
  /** What the phone was told to change. */
  writes: PhoneLogEntry[];
}

/** One try to flash, in one process: the phone is the one at hand. */
async function tryToFlash(
  phone: { portSource(): FlashJob['source'] },
  log: PhoneLogEntry[],
  files: ReadonlyMap<string, Uint8Array>,
  more: Partial<FlashJob> = {},
): Promise<Story> {
  const events: JobEvent[] = [];
  const before = log.length;
  const firmware = await openFirmware(new MemoryFolder('firmware', Object.fromEntries(files)));
  const result = await flash({
    firmware,
    source: phone.portSource(),
    emit: (event) => events.push(event),
    selection: { only: ['boot'] },
    waitMs: 20_000,
    ...more,
  });
  return { events, result, writes: log.slice(before).filter((entry) => entry.writes) };
}

async function phoneAtHand(profile: string, options: Partial<VirtualPhoneOptions> = {}) {
  const log: PhoneLogEntry[] = [];
  const { mode, faults } = options;
  const phone = await openPhone({
    profile,
    replugMs: 50,
    onLog: (entry) => log.push(entry),
    ...(mode ? { mode } : {}),
    ...(faults ? { faults } : {}),
  });
  return { phone, log };
}

const errorOf = (story: Story) => story.events.find((event) => event.type === 'error');
const findingsOf = (story: Story) =>
  story.events.filter((event): event is Finding & JobEvent => event.type === 'finding');

describe('a phone of a brand that signs its agents (SEND_DA_FAIL), and a firmware for MT6757D', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const json = JSON.parse(profileText('mt6757-emmc'));
  // It starts signed agents only, and its boot ROM cannot be reached.
  json.preloader.targetConfig = '0x5';
  json.modes = ['preloader'];
  json.security = { agentKey: { modulus: Buffer.from(n, 'base64url').toString('hex') } };
  const profile = parseProfile({ ...json, name: 'signed-only-phone' });
  const sign = async (bytes: Uint8Array) => new Uint8Array(createSign('sha256').update(bytes).sign(privateKey));

  const plug = () => {
    const log: PhoneLogEntry[] = [];
    const storage = new MemoryStorage(profile.storage.kind, profile.storage.regions);
    const phone = new VirtualPhone({
      profile,
      storage,
      newborn: true,
      replugMs: 50,
      onLog: (entry) => log.push(entry),
    });
    return { phone, log };
  };

  it('refuses the all-in-one agent and says which one it wants; with the firmware’s DA_PL.bin it is flashed', {
    timeout: TIMEOUT,
  }, async () => {
    const unsigned = await practiceFirmware(profile);
    const { phone, log } = plug();
    const first = await tryToFlash(phone, log, unsigned);
    expect(first.result.outcome).toMatch(/failed|blocked/);
    const told = [...findingsOf(first), ...first.events.filter((event) => event.type === 'error')];
    expect(told).toContainEqual(
      expect.objectContaining({ code: expect.stringMatching(/DA_REJECTED|AGENT_MUST_BE_SIGNED/) }),
    );
    expect(told.flatMap(({ next }) => next).join(' ')).toMatch(/agent|DA_PL/i);
    expect(first.writes).toEqual([]);

    const signed = await practiceFirmware(profile, sign);
    const complete = new Map([...unsigned, ['DA_PL.bin', signed.get('MTK_AllInOne_DA.bin') as Uint8Array]]);
    const second = await tryToFlash(phone, log, complete);
    await phone.close();
    expect(second.result.outcome, JSON.stringify(errorOf(second))).toBe('done');
    expect(findingsOf(second)).toContainEqual(
      expect.objectContaining({ code: 'AGENT_CHOSEN', message: expect.stringContaining('DA_PL.bin') }),
    );
  });

  it('takes a firmware that says MT6757D, and says why that does not matter', { timeout: TIMEOUT }, async () => {
    const files = await practiceFirmware(profile, sign);
    const [name, scatter] = [...files].find(([each]) => /scatter\.txt$/.test(each)) as [string, Uint8Array];
    files.set(
      name,
      new TextEncoder().encode(new TextDecoder().decode(scatter).replace('platform: MT6757', 'platform: MT6757D')),
    );
    const { phone, log } = plug();
    const story = await tryToFlash(phone, log, files);
    await phone.close();
    expect(findingsOf(story)).toContainEqual(
      expect.objectContaining({ code: 'CHIP_MATCHES', message: expect.stringMatching(/MT6757D.*does not matter/) }),
    );
    expect(story.result.outcome).toBe('done');
  });
});

describe('a phone whose memory does not start from the boot ROM (4032)', () => {
  it('is told so, with the way out, and the way out works', { timeout: TIMEOUT }, async () => {
    const files = await practiceFirmware(findProfile('mt6735-emmc'));
    const faults = { ...NO_FAULTS, dramFail: true };

    const held = await phoneAtHand('mt6735-emmc', { mode: 'brom', faults });
    const first = await tryToFlash(held.phone, held.log, files);
    await held.phone.close();
    expect(first.result.outcome).toBe('failed');
    expect(errorOf(first)).toMatchObject({ code: 'DRAM_SETUP_FAILED', stage: 'dram' });
    expect(errorOf(first)?.next.join(' ')).toMatch(/no key|without .*key|preloader/i);
    expect(first.writes).toEqual([]);

    const released = await phoneAtHand('mt6735-emmc', { mode: 'preloader', faults });
    const second = await tryToFlash(released.phone, released.log, files);
    await released.phone.close();
    expect(second.result.outcome).toBe('done');
  });
});

describe('an agent that stays silent until the battery is put back (4001)', () => {
  it.each(['mt6735-emmc', 'mt6765-emmc'])(
    '%s: is named, and the next try works',
    { timeout: TIMEOUT },
    async (profile) => {
      const files = await practiceFirmware(findProfile(profile));
      const { phone, log } = await phoneAtHand(profile, { faults: { ...NO_FAULTS, agentSilent: 1 } });
      const first = await tryToFlash(phone, log, files);
      expect(first.result.outcome).toBe('failed');
      expect(errorOf(first)).toMatchObject({ code: 'AGENT_SILENT' });
      expect(errorOf(first)?.next.join(' ')).toMatch(/battery|power|off/i);
      expect(first.writes).toEqual([]);

      const second = await tryToFlash(phone, log, files);
      await phone.close();
      expect(second.result.outcome).toBe('done');
    },
  );
});

describe('everything formatted by mistake', () => {
  it('keeps the phone’s identity, also when the fright comes in the middle', { timeout: TIMEOUT }, async () => {
    const profile = smallProfile('mt6735-emmc', {});
    const firmware = await openFirmware(
      new MemoryFolder('firmware', Object.fromEntries(await practiceFirmware(profile))),
    );
    const { phone, storage } = await plugIn(profile);
    const before = await contentOf(storage);
    const backups = new MemoryBackupShelf();
    const fright = new AbortController();
    const emit = (event: JobEvent) => {
      if (event.type === 'progress' && event.phase === 'write') fright.abort(new Error('pressed Ctrl-C'));
    };
    const job = { firmware, source: phone.portSource(), mode: 'format-all', backups } as const;
    const first = await flash({ ...job, emit, stop: fright.signal });
    expect(first.outcome).toBe('stopped');

    const second = await flash({ ...job, emit: () => {} });
    await phone.close();
    expect(second.outcome).toBe('done');
    const after = await contentOf(storage);
    for (const name of PRECIOUS) {
      const was = partitionBytes(before, profile, name);
      expect(sameBytes(was, partitionBytes(after, profile, name)), `${name} is what it was`).toBe(true);
      expect(
        was.some((byte) => byte !== 0),
        `${name} had content`,
      ).toBe(true);
    }
  });
});

describe('"nothing happens when I press Download"', () => {
  it('is told what to try, and that the phone was there for a moment', () => {
    let now = 0;
    const guide = new ConnectGuide(() => now);
    guide.observe({ kind: 'devices', devices: [] });
    const told = new Set<string>();
    for (; now < 60_000; now += 1000) told.add(guide.guidance().advice);
    expect(told.size).toBeGreaterThan(2);

    guide.observe({ kind: 'devices', devices: [{ vendorId: 0x0e8d, productId: 0x2000, busPath: '1-4' }] });
    now += 1000;
    guide.observe({ kind: 'devices', devices: [] });
    now += 1000;
    expect(guide.guidance()).toMatchObject({ appearances: 1, seen: expect.stringContaining('1.0 s') });
  });
});

describe('a stranger’s firmware', () => {
  it('is refused before anything is written, whatever is ticked', { timeout: TIMEOUT }, async () => {
    const { phone, log } = await phoneAtHand('mt6735-emmc');
    const foreign = await tryToFlash(phone, log, await practiceFirmware(findProfile('mt6580-emmc')), { selection: {} });
    await phone.close();
    expect(foreign.result.outcome).toBe('blocked');
    expect(findingsOf(foreign)).toContainEqual(expect.objectContaining({ code: 'CHIP_MISMATCH', severity: 'blocker' }));
    expect(foreign.writes).toEqual([]);
    expect(foreign.result.report.phoneState).not.toBe('');
  });
});

describe('a phone that Windows knows as "Unknown USB Device (Device Descriptor Request Failed)", code 43', () => {
  it.each([
    'code 43',
    'Unknown USB Device (Device Descriptor Request Failed)',
    'usb 1-3: device descriptor read/64, error -71',
  ])('%s: gets the cable, the charge and the socket explained', (question) => {
    const [answer] = lookUp(question).found;
    expect(answer?.entries[0]?.next).toEqual(expect.arrayContaining(['cable', 'charge', 'socket']));
  });

  it('is told so while it is plugged in, and the cable comes before the keys', () => {
    const guide = new ConnectGuide(() => 0);
    guide.observe({ kind: 'devices', devices: [] });
    guide.observe({ kind: 'enumeration-failed', busPath: '1-3', detail: 'device descriptor read/64, error -71' });
    expect(guide.guidance().advice).toMatch(/cable/i);
  });
});
