import {
  type Finding,
  type FlashJob,
  type FlashResult,
  flash,
  type JobEvent,
  MemoryFolder,
  openFirmware,
} from '@unbrick/core';
import { lookUp } from '@unbrick/core/explain';
import { findProfile, NO_FAULTS, type PhoneLogEntry, practiceFirmware, type VirtualPhoneOptions } from '@unbrick/phone';
import { openPhone } from '@unbrick/phone/node';
import { describe, expect, it } from 'vitest';

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
});
